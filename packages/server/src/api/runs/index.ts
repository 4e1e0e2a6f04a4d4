import { getJobRun, listJobRuns, listRunFiles } from '@quarry/contract';
import type { Database } from '../../db/database.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun, findRuns } from '../../db/queries/find-runs.ts';
import { type Route, route } from '../../http/route.ts';
import { pageOfFiles } from '../files/list.ts';
import { inMemory, paginate } from '../paging.ts';
import { directory } from './directory.ts';
import { tail } from './tail.ts';
import { runToWire } from './to-wire.ts';

export interface RunsContext {
  database: Database;
}

/** The endpoints of runs. */
export function runRoutes(context: RunsContext): Route[] {
  const { read } = context.database;
  return [
    route(listJobRuns, async (call) => {
      const job = await findJob(read, call.caller, call.params.jobId);
      return paginate(call, inMemory(await findRuns(read, job.id)), runToWire);
    }),
    route(getJobRun, async (call) => {
      const job = await findJob(read, call.caller, call.params.jobId);
      return runToWire(await findRun(read, job.id, call.params.runId));
    }),
    route(listRunFiles, async (call) => {
      const job = await findJob(read, call.caller, call.params.jobId);
      const run = await findRun(read, job.id, call.params.runId);
      return pageOfFiles(context.database, call, { jobId: job.id, runNumber: run.number });
    }),
    directory(context),
    tail(context),
  ];
}
