import { join } from 'node:path';
import { submitJob } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { derivedKey, hashKey, keyPrefix } from '../../access/keys.ts';
import type { Queries } from '../../db/database.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { badRequest, invalidFields } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import { newId } from '../../ids.ts';
import { RUNS_OF_A_BASIC_JOB, type StoredDefinition } from '../../jobs/definition.ts';
import type { JobState } from '../../jobs/state.ts';
import { type Applied, applyEvent } from '../../jobs/store.ts';
import type { JobsContext } from './context.ts';

export const submit = (context: JobsContext) =>
  route(submitJob, async (call) => {
    const { jobId } = call.params;
    const applied: Applied[] = [];
    await once(context, call, async () => async (queries) => {
      applied.push(await submitWithin(context, queries, call.caller, jobId));
      return { jobId };
    });
    context.engine.perform(applied);
  });

/** Submits a saved job inside a write; its effects are to be performed when the write is durable. */
export async function submitWithin(
  context: JobsContext,
  queries: Queries,
  caller: Caller,
  jobId: string,
): Promise<Applied> {
  const { clock } = context;
  // Read inside the write: of two submits at the same moment one must find the job started.
  const job = await findOwnJob(queries, caller, jobId);
  refuseStarted(job);
  await refuseUnfit(context, queries, job);
  await queries
    .insertInto('runs')
    .values({
      job_id: jobId,
      number: RUNS_OF_A_BASIC_JOB,
      batch: null,
      date_started: null,
      date_completed: null,
      outcome: null,
      exit_code: null,
      failure: null,
      skipped: '[]',
      output_count: 0,
      output_bytes: 0,
    })
    .execute();
  await insertCluster(context, queries, jobId);
  await insertJobKey(context, queries, job, derivedKey(context.secret, 'job', jobId));
  const actorId = person(caller).userId;
  await recordEvent(queries, { at: clock.now(), actorId, subject: `job:${jobId}`, verb: 'submitted' });
  return applyEvent(queries, clock, jobId, { type: 'submitted', runs: RUNS_OF_A_BASIC_JOB });
}

function refuseStarted(job: JobWithOwner): void {
  const { phase } = JSON.parse(job.state) as JobState;
  if (phase === 'saved') return;
  throw badRequest(`The job has already started; its status is ${job.status}.`, {
    code: 'job_started',
    hint: 'A job runs once. Clone it (POST jobs/{id}/clone/) and submit the clone to run it again.',
  });
}

/** What was right when the job was saved may be gone now. */
async function refuseUnfit(context: JobsContext, queries: Queries, job: JobWithOwner): Promise<void> {
  const inputs = await findJobInputs(queries, job.id);
  const deleted = inputs.filter((file) => file.deleted_at !== null);
  if (deleted.length > 0) {
    const names = deleted.map((file) => `${file.name} (${file.id})`).join(', ');
    throw badRequest(`These input files have been deleted: ${names}.`, {
      code: 'input_deleted',
      hint: 'Upload them again and PATCH the job with the new ids.',
    });
  }
  const catalog = context.catalog();
  const coreType = catalog.coreType(job.core_type);
  if (!coreType?.available || !coreType.cores.includes(job.cores_per_slot)) {
    throw invalidFields({
      non_field_errors: [
        `${job.cores_per_slot} cores of ${job.core_type} are no longer offered. ${coreType?.unavailableReason ?? ''} PATCH the job with hardware from coretypes/.`,
      ],
    });
  }
  for (const { analysis } of (JSON.parse(job.definition) as StoredDefinition).jobanalyses) {
    const version = catalog.version(analysis.code, analysis.version);
    if (version && !version.unavailableReason) continue;
    throw invalidFields({
      non_field_errors: [
        `The specified version is not available: ${analysis.code} ${analysis.version}. ${version?.unavailableReason ?? 'PATCH the job with one from analyses/.'}`,
      ],
    });
  }
}

async function insertCluster(context: JobsContext, queries: Queries, jobId: string): Promise<void> {
  const id = newId();
  await queries
    .insertInto('clusters')
    .values({
      id,
      job_id: jobId,
      scheduler: context.site.schedulerName,
      directory: join(context.site.clustersDirectory, id),
      handle: null,
      applied_event: 0,
      batch: 0,
      is_ended: 0,
      date_inserted: context.clock.now(),
      date_ended: null,
    })
    .execute();
}

/** The job's own key, which commands find in RESCALE_API_KEY and which dies with the job. */
async function insertJobKey(
  context: JobsContext,
  queries: Queries,
  job: JobWithOwner,
  key: string,
): Promise<void> {
  await queries
    .insertInto('api_keys')
    .values({
      id: newId(),
      user_id: job.owner_id,
      name: `job ${job.id}`,
      key_hash: hashKey(key),
      key_prefix: keyPrefix(key),
      job_id: job.id,
      date_inserted: context.clock.now(),
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
}
