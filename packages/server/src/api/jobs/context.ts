import type { ParsedJobDefinition } from '@quarry/contract';
import type { Person } from '../../access/caller.ts';
import type { Catalog } from '../../catalog/types.ts';
import type { Clock } from '../../clock.ts';
import type { Database, Queries } from '../../db/database.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { findAttachableFiles, findMaxJobHours, findUsableProjects } from '../../db/queries/find-site.ts';
import type { JobRow } from '../../db/tables.ts';
import type { Call } from '../../http/route.ts';
import { attachedFiles, checkDefinition, refuseTooMuch, type Site } from '../../jobs/check-definition.ts';
import { isLowPriority, RUNS_OF_A_BASIC_JOB, type StoredDefinition } from '../../jobs/definition.ts';
import type { Engine } from '../../jobs/engine.ts';
import { rateOf } from '../../jobs/estimate.ts';
import type { Storage } from '../../storage/storage.ts';
import { fileToWire } from '../files/to-wire.ts';
import { jobToWire } from './to-wire.ts';

/** What the endpoints of jobs are made of. */
export interface JobsContext {
  database: Database;
  clock: Clock;
  engine: Engine;
  storage: Storage;
  catalog: () => Catalog;
  /** From which keys of jobs are derived. */
  secret: Buffer;
  site: { requiresProject: boolean; maxJobHours: number; clustersDirectory: string; schedulerName: string };
}

type JobCall = Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn'>;

type Owner = Pick<Person, 'userId' | 'role'>;

/**
 * Settles what a client sent against the site, for the user who owns the job. A `site` that was found before, for
 * this definition among others, saves the look.
 */
export async function settleDefinition(
  context: JobsContext,
  owner: Owner,
  definition: ParsedJobDefinition,
  warn: (text: string) => void,
  site?: Site,
): Promise<StoredDefinition> {
  refuseTooMuch(definition);
  return checkDefinition(definition, site ?? (await findSite(context, owner, [definition])), warn);
}

/** What definitions of a user are checked against: one look for all of them. */
export async function findSite(
  context: JobsContext,
  owner: Owner,
  definitions: readonly ParsedJobDefinition[],
): Promise<Site> {
  const { read } = context.database;
  const projects = await findUsableProjects(read, owner);
  return {
    catalog: context.catalog(),
    projects: projects.map(({ id, name, is_default }) => ({ id, name, isDefault: is_default === 1 })),
    requiresProject: context.site.requiresProject,
    maxJobHours: await maxJobHours(context, owner.userId),
    attachable: await findAttachableFiles(read, owner, definitions.flatMap(attachedFiles)),
  };
}

/** The longest walltime that a user's jobs may ask for, in hours. */
async function maxJobHours(context: JobsContext, userId: string): Promise<number> {
  return (await findMaxJobHours(context.database.read, userId)) ?? context.site.maxJobHours;
}

/** The columns of a job that follow from its definition; `site` as for settling. */
export async function definitionColumns(
  context: JobsContext,
  ownerId: string,
  definition: StoredDefinition,
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
    // What is not used is neither held nor charged.
    slots: Math.min(hardware.slots, RUNS_OF_A_BASIC_JOB),
    walltime_seconds: hours * 3600,
    price_per_core_hour: rate?.pricePerCoreHour ?? '0',
    currency: rate?.currency ?? 'USD',
    tags: JSON.stringify(definition.tags),
    analysis_names: JSON.stringify(names),
    cloned_from: definition.clonedFrom,
  } satisfies Partial<JobRow>;
}

/** Writes which files a job takes, in place of what was written before. */
export async function writeInputs(
  queries: Queries,
  jobId: string,
  definition: StoredDefinition,
): Promise<void> {
  await queries.deleteFrom('job_inputs').where('job_id', '=', jobId).execute();
  const rows = definition.jobanalyses.flatMap(({ inputFiles }, tile) =>
    inputFiles.map(({ id, decompress }, position) => ({
      job_id: jobId,
      tile,
      position,
      file_id: id,
      decompress: decompress ? (1 as const) : (0 as const),
    })),
  );
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
  const inputs = await findJobInputs(context.database.read, job.id);
  const files = new Map(
    inputs.map((row) => [row.id, fileToWire(row, { baseUrl: call.baseUrl, version: call.version })] as const),
  );
  return jobToWire(job, { catalog: context.catalog(), clock: context.clock, version: call.version, files });
}
