import { type Caller, person } from '../../access/caller.ts';
import { derivedKey, hashKey, keyPrefix } from '../../access/keys.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { insertJobKey } from '../../db/queries/job-keys.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { noteWaiting } from '../../db/queries/write-waiting.ts';
import { newId } from '../../ids.ts';
import { refused } from '../../problems.ts';
import type { SweepPlan } from '../../sweeps/plan.ts';
import { planRuns } from '../definition/complete.ts';
import { refuseUnrunnable } from '../definition/refuse-unrunnable.ts';
import { readDefinition } from '../definition/stored.ts';
import { lookAtDependencies } from '../life/dependencies.ts';
import { insertCluster } from '../life/new-cluster.ts';
import { type Applied, openLife, readState } from '../life/store.ts';
import { beginOptimization } from '../optimization/optimization.ts';
import { insertRuns } from '../runs/insert-runs.ts';
import type { Domain } from './domain.ts';

/** The definition that was planned is no longer the job's: it is to be planned again. */
export class DefinitionChangedError extends Error {}

/** A saved job with its runs planned, which may take the reading of files and so comes before the write. */
export interface PlannedJob {
  id: string;
  /** The definition that was planned, as it is stored. */
  definitionText: string;
  plan: SweepPlan;
}

/** Plans the runs of a job that is to be submitted. */
export async function prepareSubmit(
  domain: Pick<Domain, 'queries' | 'catalog' | 'readAttached' | 'site'>,
  actor: Caller,
  jobId: string,
): Promise<PlannedJob> {
  const job = await findOwnJob(domain.queries, actor, jobId);
  refuseStarted(job);
  await refuseUnrunnable(domain.catalog, domain.queries, job, domain);
  const plan = await planRuns(domain, readDefinition(job.definition));
  return { id: job.id, definitionText: job.definition, plan };
}

/**
 * Submits a planned job; its effects are to be performed when the write is durable. Throws a DefinitionChangedError when the
 * job's definition has changed since it was planned.
 */
export async function submitJob(
  {
    queries,
    clock,
    site,
    catalog,
    secret,
  }: Pick<Domain, 'queries' | 'clock' | 'site' | 'catalog' | 'secret'>,
  actor: Caller,
  { id: jobId, definitionText, plan }: PlannedJob,
): Promise<Applied> {
  // Read inside the write: of two submits at the same moment one must find the job started.
  const job = await findOwnJob(queries, actor, jobId);
  refuseStarted(job);
  if (job.definition !== definitionText) {
    throw new DefinitionChangedError();
  }
  await refuseUnrunnable(catalog, queries, job, { site });
  const runs = await insertPlanned({ queries }, job, plan);
  await insertCluster(queries, clock, site, jobId);
  // The job's own key, which commands find in RESCALE_API_KEY and which dies with the job.
  const key = derivedKey(secret, 'job', jobId);
  await insertJobKey(queries, {
    id: newId(),
    ownerId: job.owner_id,
    jobId,
    hash: hashKey(key),
    prefix: keyPrefix(key),
    at: clock.now(),
  });
  const actorId = person(actor).userId;
  await recordEvent(queries, { at: clock.now(), actorId, subject: `job:${jobId}`, verb: 'submitted' });
  const { failure, waiting } = await lookAtDependencies(queries, jobId);
  const life = await openLife(queries, clock, jobId);
  life.apply({ type: 'submitted', runs, isHeld: failure !== null || waiting !== null });
  if (failure !== null) {
    life.apply({ type: 'unfulfillable', failure });
  }
  const applied = await life.save();
  if (waiting !== null) {
    await noteWaiting(queries, jobId, JSON.stringify(waiting));
  }
  return applied;
}

/** Inserts the runs that are known beforehand, and answers how many of them are to be executed. */
async function insertPlanned(
  { queries }: Pick<Domain, 'queries'>,
  job: Pick<JobWithOwner, 'id' | 'definition'>,
  plan: SweepPlan,
): Promise<number> {
  const definition = readDefinition(job.definition);
  if (definition.optimizer) {
    return beginOptimization(queries, job.id, definition);
  }
  await insertRuns(queries, job.id, plan);
  return plan.count;
}

function refuseStarted(job: JobWithOwner): void {
  const { phase } = readState(job.state);
  if (phase === 'saved') {
    return;
  }
  throw refused(`The job has already started; its status is ${job.status}.`, {
    code: 'job_started',
    hint: 'A job runs once. Clone it (POST jobs/{id}/clone/) and submit the clone to run it again.',
  });
}
