import type { Insertable } from 'kysely';
import type { Catalog } from '../../catalog/types.ts';
import type { Clock } from '../../clock.ts';
import type { Database, Queries } from '../../db/database.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { findSkipped } from '../../db/queries/find-skipped.ts';
import type { JobRow } from '../../db/tables.ts';
import type { Call } from '../../http/route.ts';
import { attachedFiles, type Site } from '../../jobs/definition/check-definition.ts';
import { isLowPriority, type StoredDefinition } from '../../jobs/definition/definition.ts';
import type { Engine } from '../../jobs/engine.ts';
import { rateOf } from '../../jobs/estimate.ts';
import type { ClusterSite } from '../../jobs/new-cluster.ts';
import type { News } from '../../jobs/news.ts';
import { readState } from '../../jobs/store.ts';
import type { Logger } from '../../logger.ts';
import type { ClusterRequest } from '../../schedulers/scheduler.ts';
import type { Storage } from '../../storage/storage.ts';
import { isSweep } from '../../sweeps/plan.ts';
import { fileToWire } from '../files/to-wire.ts';
import type { Places } from './places.ts';
import { maxJobHours, type Settled, usableSlots } from './settle.ts';
import { skippedWarning } from './skipped-warning.ts';
import { jobToWire } from './to-wire.ts';

/** What the endpoints of jobs are made of. */
export interface JobsContext {
  database: Database;
  clock: Clock;
  engine: Engine;
  storage: Storage;
  logger: Logger;
  news: News;
  /** Called with directories of runs that nobody resumes any more. */
  onDiscarded: (directories: readonly string[]) => void;
  /** For requests that wait for news. */
  places: Places;
  catalog: () => Catalog;
  /** From which keys of jobs are derived. */
  secret: Buffer;
  site: ClusterSite & {
    requiresProject: boolean;
    maxJobHours: number;
    /** Slots that a cluster would get here. */
    grantedSlots: (request: Pick<ClusterRequest, 'slots' | 'coresPerSlot'>) => number;
  };
}

type JobCall = Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn'>;

/** The columns of a job that follow from its definition; `site` as for settling. */
export async function definitionColumns(
  context: JobsContext,
  ownerId: string,
  { definition, plan }: Settled,
  site?: Site,
) {
  const { hardware } = definition.jobanalyses[0]!;
  const lowPriority = isLowPriority(definition);
  const rate = rateOf(context.catalog(), hardware.coreType, lowPriority);
  const hours = hardware.walltime ?? site?.maxJobHours ?? (await maxJobHours(context, ownerId));
  const names = definition.jobanalyses.map(
    ({ analysis }) => context.catalog().analysis(analysis.code)?.name ?? analysis.code,
  );
  return {
    project_id: definition.projectId,
    name: definition.name,
    description: definition.description,
    definition: JSON.stringify(definition),
    is_low_priority: lowPriority ? 1 : 0,
    core_type: hardware.coreType,
    cores_per_slot: hardware.coresPerSlot,
    slots: usableSlots(definition, plan),
    is_sweep: isSweep(definition) ? 1 : 0,
    expected_runs: plan.count,
    walltime_seconds: hours * 3600,
    price_per_core_hour: rate?.pricePerCoreHour ?? '0',
    currency: rate?.currency ?? 'USD',
    tags: JSON.stringify(definition.tags),
    analysis_names: JSON.stringify(names),
    cloned_from: definition.clonedFrom,
  } satisfies Partial<Insertable<JobRow>>;
}

/** Writes which files a job takes, in place of what was written before. */
export async function writeInputs(
  queries: Queries,
  jobId: string,
  definition: StoredDefinition,
): Promise<void> {
  await queries.deleteFrom('job_inputs').where('job_id', '=', jobId).execute();
  const rows = attachedFiles(definition).map(({ tile, id, role, decompress }, position) => ({
    job_id: jobId,
    tile,
    position,
    file_id: id,
    role,
    decompress: decompress ? (1 as const) : (0 as const),
  }));
  const ROWS_AT_ONCE = 500;
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await queries
      .insertInto('job_inputs')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute();
  }
}

/** The answer for one job. */
export async function answerJob(context: JobsContext, call: JobCall, job: JobWithOwner) {
  const definition = JSON.parse(job.definition) as StoredDefinition;
  const { read } = context.database;
  // Only once it has ended: whoever follows a job would be told again with each run.
  const skipped = job.is_completed === 1 ? await findSkipped(read, job.id) : null;
  if (skipped !== null) call.warn(skippedWarning(job.id, readState(job.state).runs, skipped));
  const inputs = attachedFiles(definition).length > 0 ? await findJobInputs(read, job.id) : [];
  const files = new Map(
    inputs.map((row) => [row.id, fileToWire(row, { baseUrl: call.baseUrl, version: call.version })] as const),
  );
  return jobToWire(job, definition, {
    catalog: context.catalog(),
    clock: context.clock,
    version: call.version,
    files,
  });
}
