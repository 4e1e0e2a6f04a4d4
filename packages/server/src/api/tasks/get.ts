import { getTask } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { loadOfJob } from '../jobs/load-of-job.ts';
import { openQuestion } from './question.ts';

export const get = ({ database: { read }, domain: { clock, secret } }: JobsContext) =>
  route(getTask, async ({ caller, params }) => {
    const { jobId, ...window } = openQuestion(
      secret,
      { caller, nowMs: Date.parse(clock.now()) },
      params.token,
    );
    // Whoever asked may have lost the right since, or the job may have been deleted.
    const job = await findJob(read, caller, jobId);
    return { ready: true, result: await loadOfJob(read, job, window) };
  });
