import { getJobRun } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { ofJob, runsToWire } from './of-job.ts';

export const get = ({ database: { read } }: JobsContext) =>
  route(getJobRun, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const rows = [await findRun(read, job.id, call.params.runId)];
    const [run] = await runsToWire(read, job.id, { rows, shown: ofJob(job) });
    return run!;
  });
