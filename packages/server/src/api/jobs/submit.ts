import { submitJob } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { derivedKey, hashKey, keyPrefix } from '../../access/keys.ts';
import type { Queries } from '../../db/database.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { type Call, route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import { newId } from '../../ids.ts';
import { refuseUnrunnable } from '../../jobs/definition/refuse-unrunnable.ts';
import type { StoredDefinition } from '../../jobs/definition/stored.ts';
import { insertCluster } from '../../jobs/life/new-cluster.ts';
import { type Applied, applyEvent, readState } from '../../jobs/life/store.ts';
import { beginOptimization } from '../../jobs/optimization/optimization.ts';
import { insertRuns } from '../../jobs/runs/insert-runs.ts';
import { refused } from '../../problems.ts';
import type { SweepPlan } from '../../sweeps/plan.ts';
import type { JobsContext } from './context.ts';
import { planRuns } from './settle.ts';

export const submit = (context: JobsContext) =>
  route(submitJob, async (call) => {
    const applied: Applied[] = [];
    while (!(await submitAsPlanned(context, call, applied)));
    context.engine.perform(applied);
  });

/** False when the job's definition was changed by another request between its planning and the write. */
async function submitAsPlanned(
  context: JobsContext,
  call: Call<typeof submitJob>,
  applied: Applied[],
): Promise<boolean> {
  const { jobId } = call.params;
  try {
    await once(context, call, async () => {
      const planned = await planJob(context, call.caller, jobId);
      return async (queries) => {
        applied.push(await submitWithin(context, queries, call.caller, planned));
        return { jobId };
      };
    });
    return true;
  } catch (error) {
    if (error instanceof DefinitionChangedError) return false;
    throw error;
  }
}

/** The definition that was planned is no longer the job's. */
class DefinitionChangedError extends Error {}

/** A saved job with its runs planned, which may take the reading of files and so comes before the write. */
export interface PlannedJob {
  id: string;
  /** The definition that was planned, as it is stored. */
  definitionText: string;
  plan: SweepPlan;
}

/** Plans the runs of a job that is to be submitted. */
async function planJob(context: JobsContext, caller: Caller, jobId: string): Promise<PlannedJob> {
  const job = await findOwnJob(context.database.read, caller, jobId);
  refuseStarted(job);
  await refuseUnrunnable(context.catalog, context.database.read, job);
  const plan = await planRuns(context, JSON.parse(job.definition) as StoredDefinition);
  return { id: job.id, definitionText: job.definition, plan };
}

/**
 * Submits a saved job inside a write; its effects are to be performed when the write is durable. Throws a
 * DefinitionChangedError when the job's definition has changed since it was planned.
 */
export async function submitWithin(
  context: JobsContext,
  queries: Queries,
  caller: Caller,
  { id: jobId, definitionText, plan }: PlannedJob,
): Promise<Applied> {
  const { clock } = context;
  // Read inside the write: of two submits at the same moment one must find the job started.
  const job = await findOwnJob(queries, caller, jobId);
  refuseStarted(job);
  if (job.definition !== definitionText) throw new DefinitionChangedError();
  await refuseUnrunnable(context.catalog, queries, job);
  const runs = await insertPlanned(queries, jobId, job.definition, plan);
  await insertCluster(queries, clock, context.site, jobId);
  await insertJobKey(context, queries, job, derivedKey(context.secret, 'job', jobId));
  const actorId = person(caller).userId;
  await recordEvent(queries, { at: clock.now(), actorId, subject: `job:${jobId}`, verb: 'submitted' });
  return applyEvent(queries, clock, jobId, { type: 'submitted', runs });
}

/** Inserts the runs that are known beforehand, and answers how many of them are to be executed. */
async function insertPlanned(
  queries: Queries,
  jobId: string,
  definitionText: string,
  plan: SweepPlan,
): Promise<number> {
  const definition = JSON.parse(definitionText) as StoredDefinition;
  if (definition.optimizer) return beginOptimization(queries, jobId, definition);
  await insertRuns(queries, jobId, plan);
  return plan.count;
}

function refuseStarted(job: JobWithOwner): void {
  const { phase } = readState(job.state);
  if (phase === 'saved') return;
  throw refused(`The job has already started; its status is ${job.status}.`, {
    code: 'job_started',
    hint: 'A job runs once. Clone it (POST jobs/{id}/clone/) and submit the clone to run it again.',
  });
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
