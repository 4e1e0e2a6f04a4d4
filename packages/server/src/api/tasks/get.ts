import { getTask } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findTask } from '../../db/queries/tasks.ts';
import { route } from '../../http/route.ts';
import { loadOfJob } from '../jobs/load-of-job.ts';
import type { TasksContext } from './context.ts';
import { isToken, openQuestion } from './question.ts';
import { taskToWire } from './to-wire.ts';

export const get = (context: TasksContext) =>
  route(getTask, async ({ caller, params }) => {
    const { read } = context.database;
    const { clock, secret } = context.domain;
    if (!isToken(params.token)) {
      return taskToWire(context, await findTask(read, caller, params.token));
    }
    const { jobId, ...window } = openQuestion(
      secret,
      { caller, nowMs: Date.parse(clock.now()) },
      params.token,
    );
    // Whoever asked may have lost the right since, or the job may have been deleted.
    const job = await findJob(read, caller, jobId);
    return { ready: true, result: await loadOfJob(read, job, window) };
  });
