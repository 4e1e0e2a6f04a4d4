import type { ParsedJobDefinition, ParsedJobUpdate } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { changeColumns } from '../../db/queries/change-job.ts';
import { writeJobDevices } from '../../db/queries/device-jobs.ts';
import { findJob, findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findOwner, findUsableProjects } from '../../db/queries/find-site.ts';
import { leadsTo, writeDependencies } from '../../db/queries/job-dependencies.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { writeJobInputs } from '../../db/queries/write-job-inputs.ts';
import { writeJobTags } from '../../db/queries/write-job-tags.ts';
import { invalidFields } from '../../problems.ts';
import { attachedFiles } from '../definition/attached-files.ts';
import { type CompleteDefinition, completeDefinition } from '../definition/complete.ts';
import {
  deviceIdsOf,
  readDefinition,
  type StoredDefinition,
  type WantedDefinition,
  writeDefinition,
} from '../definition/stored.ts';
import { readState } from '../life/store.ts';
import type { Domain } from './domain.ts';

/** Fields that change on a job in any state; the rest is history once the job was submitted. */
const ALWAYS_CHANGEABLE = ['name', 'description', 'projectId', 'tags', 'folderId'] as const;

/** A change that is found in order and not written yet. */
export interface PreparedChange {
  jobId: string;
  /** Names of the fields that change. */
  fields: string[];
  /** What was accepted without effect; to be told once the change is written. */
  warnings: string[];
  write: ChangeOfSaved | ChangeOfSubmitted;
}

interface ChangeOfSaved extends Pick<CompleteDefinition, 'definition' | 'columns'> {
  kind: 'saved';
  /** The job as it was when the change was prepared. */
  before: Pick<JobWithOwner, 'state' | 'definition'>;
}

interface ChangeOfSubmitted {
  kind: 'submitted';
  changes: Partial<Pick<StoredDefinition, 'name' | 'description' | 'projectId' | 'tags'>>;
}

type Needs = Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>;

/** Finds what a change of a job comes to; refuses what cannot be. */
export async function prepareChange(
  domain: Needs,
  actor: Caller,
  { jobId, change }: { jobId: string; change: ParsedJobUpdate | ParsedJobDefinition },
): Promise<PreparedChange> {
  const job = await findOwnJob(domain.queries, actor, jobId);
  return readState(job.state).phase === 'saved'
    ? await prepareSaved(domain, job, change)
    : await prepareSubmitted(domain, job, change);
}

async function prepareSaved(
  domain: Needs,
  job: JobWithOwner,
  change: ParsedJobUpdate,
): Promise<PreparedChange> {
  const fields = Object.keys(withoutUndefined(change));
  const merged = { ...mergeChange(readDefinition(job.definition), change), ...freed(fields) };
  const owner = await findOwner(domain.queries, job.owner_id);
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const { definition, columns } = await completeDefinition(domain, owner, merged, { warn });
  return {
    jobId: job.id,
    fields,
    warnings,
    write: { kind: 'saved', before: job, definition, columns },
  };
}

/** What is no longer what the form of a job template made is a job like any other. */
function freed(fields: readonly string[]): { jobTemplate?: null } {
  const free: readonly string[] = ALWAYS_CHANGEABLE;
  return fields.every((field) => free.includes(field)) ? {} : { jobTemplate: null };
}

/** A definition with some of its fields as somebody wants them instead. */
export function mergeChange(definition: StoredDefinition, change: ParsedJobUpdate): WantedDefinition {
  const merged = { ...definition, ...withoutUndefined(change) } as WantedDefinition;
  // The older flag counts again when it alone is sent, although the explicit priority wins over it.
  if (change.isLowPriority !== undefined && change.billingPriorityValue === undefined) {
    merged.billingPriorityValue = null;
  }
  return merged;
}

/** Clients patch whole definitions of finished jobs and expect no refusal, so what cannot change is only told. */
async function prepareSubmitted(
  domain: Needs,
  job: JobWithOwner,
  change: ParsedJobUpdate,
): Promise<PreparedChange> {
  const { name, description, projectId, tags, folderId } = change;
  if (projectId) {
    await refuseForeignProject(domain, job, projectId);
  } else if (projectId === null && domain.site.requiresProject) {
    throw invalidFields({
      projectId: ['Jobs here must belong to a project. Yours are at users/me/projects/.'],
    });
  }
  const warnings = folderId ? ['folderId has no effect on this platform.'] : [];
  warnings.push(...warningOfStarted(change));
  const changes = withoutUndefined({ name, description, projectId, tags });
  return {
    jobId: job.id,
    fields: Object.keys(changes),
    warnings,
    write: { kind: 'submitted', changes },
  };
}

/**
 * Writes a prepared change. False when the job was changed or submitted by another request since: then nothing is written,
 * and the change is to be prepared again. That one has succeeded, so this ends.
 */
export async function changeJob(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  actor: Caller,
  { jobId, fields, write }: PreparedChange,
): Promise<boolean> {
  const current = await findJob(queries, actor, jobId);
  if (write.kind === 'saved') {
    const { before, columns, definition } = write;
    if (current.state !== before.state || current.definition !== before.definition) {
      return false;
    }
    await changeColumns(queries, jobId, columns);
    await writeJobInputs(queries, jobId, attachedFiles(definition));
    await writeJobTags(queries, jobId, definition.tags);
    await refuseCircle(queries, jobId, definition);
    await writeDependencies(queries, jobId, definition.after);
    await writeJobDevices(queries, jobId, deviceIdsOf(definition));
  } else {
    const next = { ...readDefinition(current.definition), ...write.changes };
    await changeColumns(queries, jobId, {
      name: next.name,
      description: next.description,
      project_id: next.projectId,
      tags: JSON.stringify(next.tags),
      definition: writeDefinition(next),
    });
    await writeJobTags(queries, jobId, next.tags);
  }
  const actorId = 'userId' in actor ? actor.userId : null;
  await recordEvent(queries, {
    at: clock.now(),
    actorId,
    subject: `job:${jobId}`,
    verb: 'changed',
    detail: { fields },
  });
  return true;
}

/** Only a job that was saved before can be named by one that it names itself. */
async function refuseCircle(queries: Queries, jobId: string, { after }: StoredDefinition): Promise<void> {
  const ids = after.map((each) => each.jobId);
  if (ids.length > 0 && (await leadsTo(queries, ids, jobId))) {
    throw invalidFields({
      after: ['These jobs are this one, or are to start after it themselves: none of them could ever start.'],
    });
  }
}

/** Whether there is anything to write. */
export function changesSomething({ write, fields }: PreparedChange): boolean {
  return write.kind === 'saved' || fields.length > 0;
}

function warningOfStarted(change: ParsedJobUpdate): string[] {
  const changeable: readonly string[] = ALWAYS_CHANGEABLE;
  const ignored = Object.keys(withoutUndefined(change)).filter((field) => !changeable.includes(field));
  return ignored.length === 0
    ? []
    : [
        `The job has already started, so these fields did not change: ${ignored.join(', ')}. Clone the job to run it differently.`,
      ];
}

async function refuseForeignProject(
  { queries }: Pick<Domain, 'queries'>,
  job: JobWithOwner,
  projectId: string,
): Promise<void> {
  const projects = await findUsableProjects(queries, await findOwner(queries, job.owner_id));
  if (!projects.some(({ id }) => id === projectId)) {
    throw invalidFields({
      projectId: [
        `There is no project "${projectId}" that the owner of the job belongs to. See users/me/projects/.`,
      ],
    });
  }
}

function withoutUndefined<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
  ) as Partial<Value>;
}
