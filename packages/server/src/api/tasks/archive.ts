import { createJobArchiveTask } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { route } from '../../http/route.ts';
import { readState } from '../../jobs/life/store.ts';
import { begin } from './begin.ts';
import type { TasksContext } from './context.ts';

export const archive = (context: TasksContext) =>
  route(createJobArchiveTask, async (call) => {
    const { read } = context.database;
    const { format, run, search } = call.body;
    const job = await findJob(read, call.caller, call.params.jobId);
    if (run !== undefined) {
      await findRun(read, job.id, String(run));
    }
    if (readState(job.state).phase !== 'completed') {
      call.warn('The job has not ended: the archive has what it has put out so far.');
    }
    const subject = { type: 'job', id: job.id } as const;
    return await begin(context, call.caller, { kind: 'archive', subject, wish: { format, run, search } });
  });
