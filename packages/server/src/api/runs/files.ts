import { listRunFiles } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { route } from '../../http/route.ts';
import { pageOfFiles } from '../files/page-of-files.ts';
import type { JobsContext } from '../jobs/context.ts';

export const files = ({ database }: JobsContext) =>
  route(listRunFiles, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    const run = await findRun(database.read, job.id, call.params.runId);
    return pageOfFiles(database, call, { jobId: job.id, runNumber: run.number, typeId: call.query.type });
  });
