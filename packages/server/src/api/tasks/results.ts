import { createJobResultsTask } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { begin } from './begin.ts';
import type { TasksContext } from './context.ts';

export const results = (context: TasksContext) =>
  route(createJobResultsTask, async ({ caller, params, body }) => {
    const job = await findJob(context.database.read, caller, params.jobId);
    const subject = { type: 'job', id: job.id } as const;
    return await begin(context, caller, { kind: 'results', subject, wish: body });
  });
