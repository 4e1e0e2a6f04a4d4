import { getJobRun, listRunFiles } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Database, Queries } from '../../db/database.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { type Route, route } from '../../http/route.ts';
import { inputNames, type StoredDefinition } from '../../jobs/definition/definition.ts';
import type { Engine } from '../../jobs/engine.ts';
import type { ClusterSite } from '../../jobs/new-cluster.ts';
import type { Logger } from '../../logger.ts';
import type { Storage } from '../../storage/storage.ts';
import { pageOfFiles } from '../files/list.ts';
import { directory } from './directory.ts';
import { discardDirectory } from './discard-directory.ts';
import { list } from './list.ts';
import { rerun } from './rerun.ts';
import { stop } from './stop.ts';
import { tail } from './tail.ts';
import { runToWire } from './to-wire.ts';

export interface RunsContext {
  database: Database;
  storage: Storage;
  clock: Clock;
  engine: Engine;
  logger: Logger;
  site: ClusterSite;
  /** Called with directories of runs that nobody resumes any more. */
  onDiscarded: (directories: readonly string[]) => void;
  /** Refuses a job that could not be submitted now: its inputs, hardware or software are gone. */
  refuseUnrunnable(queries: Queries, job: JobWithOwner, how: { resumes: boolean }): Promise<void>;
}

function names(job: Pick<JobWithOwner, 'definition'>): string[] {
  return inputNames(JSON.parse(job.definition) as StoredDefinition);
}

/** The endpoints of runs. */
export function runRoutes(context: RunsContext): Route[] {
  const { read } = context.database;
  return [
    list(context),
    route(getJobRun, async (call) => {
      const job = await findJob(read, call.caller, call.params.jobId);
      return runToWire(await findRun(read, job.id, call.params.runId), names(job));
    }),
    route(listRunFiles, async (call) => {
      const job = await findJob(read, call.caller, call.params.jobId);
      const run = await findRun(read, job.id, call.params.runId);
      return pageOfFiles(context.database, call, { jobId: job.id, runNumber: run.number });
    }),
    stop(context),
    rerun(context),
    discardDirectory(context),
    directory(context),
    tail(context),
  ];
}
