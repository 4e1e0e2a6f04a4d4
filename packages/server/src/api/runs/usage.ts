import { getRunUsage, listJobUsage } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRunUsage, listLatestUsage } from '../../db/queries/run-usage.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { paginate } from '../paging.ts';
import { latestUsageToWire, usageSeriesToWire } from './usage-to-wire.ts';

export const jobUsage = ({ database: { read } }: JobsContext) =>
  route(listJobUsage, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    return paginate(call, listLatestUsage(read, job.id, call.query), latestUsageToWire);
  });

export const runUsage = ({ database: { read } }: JobsContext) =>
  route(getRunUsage, async (call) => {
    const { jobId, runId } = call.params;
    const job = await findJob(read, call.caller, jobId);
    return usageSeriesToWire(runId, await findRunUsage(read, job.id, runId));
  });
