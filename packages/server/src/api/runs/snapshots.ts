import { listRunSnapshots } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { listSnapshots } from '../../db/queries/snapshots.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { paginate } from '../paging.ts';
import { snapshotToWire } from './snapshot-to-wire.ts';

export const snapshots = ({ database: { read } }: JobsContext) =>
  route(listRunSnapshots, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const run = await findRun(read, job.id, call.params.runId);
    return paginate(call, listSnapshots(read, { jobId: job.id, runNumber: run.number }), snapshotToWire);
  });
