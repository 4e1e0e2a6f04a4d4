import { RUN_TYPE, type Waiting } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { reopenDependencies } from '../../db/queries/job-dependencies.ts';
import { restoreJobKey } from '../../db/queries/job-keys.ts';
import { giveUpDirectories } from '../../db/queries/kept-directories.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { findFailedRuns, findNamedRuns, findVerdict } from '../../db/queries/runs-to-rerun.ts';
import { noteWaiting } from '../../db/queries/write-waiting.ts';
import { conflict, invalidFields, type Problem, refused } from '../../problems.ts';
import { refuseUnrunnable } from '../definition/refuse-unrunnable.ts';
import { readDefinition } from '../definition/stored.ts';
import { lookAtDependencies } from '../life/dependencies.ts';
import type { JobChanges } from '../life/job-changes.ts';
import { besideKept, insertCluster } from '../life/new-cluster.ts';
import { type Applied, applyEvent, readState } from '../life/store.ts';
import { chooseBestAgain, reopenOptimization } from '../optimization/optimization.ts';
import { fromRunId } from '../runs/attempts.ts';
import { planAgain, planResumed } from '../runs/plan-again.ts';
import { findKept, findResumable, refuseUnresumable } from '../runs/resumable.ts';
import type { Leftovers } from './delete.ts';
import type { Domain } from './domain.ts';
import { refuseOutputsInUse } from './outputs-in-use.ts';
import { refuseWhileRestarting } from './restart.ts';

/** Between a job's end and that of its cluster; the agent has little left to do. */
const CLUSTER_END_MS = 15_000;
/** Runs that a refusal names one by one. */
const NAMED = 10;

/** Runs that are executed once more. */
export interface Rerun extends Leftovers {
  /** Null when there were none. */
  applied: Applied | null;
  numbers: number[];
}

/**
 * Resolves when a job may be given another cluster: one that has just ended still has its own for a moment, and its runs wait
 * for that, not its user. Refuses when it takes too long.
 */
export async function clusterEnded(
  { queries, jobChanges }: Pick<Domain, 'queries'> & { jobChanges: JobChanges },
  actor: Caller,
  jobId: string,
): Promise<void> {
  const deadline = performance.now() + CLUSTER_END_MS;
  using watch = jobChanges.watch(jobId);
  do {
    const { phase, cluster } = readState((await findOwnJob(queries, actor, jobId)).state);
    if (phase !== 'completed' || cluster === 'stopped') {
      return;
    }
  } while ((await watch.next({ deadline })) !== null);
  throw stillStopping();
}

/**
 * Executes runs again, with what the job was submitted with, or lets them go on where they were cut off. Without `runs`, all
 * that failed or can go on. Effects are to be performed when the write is durable.
 */
export async function rerunRuns(
  domain: Pick<Domain, 'queries' | 'clock' | 'site' | 'catalog'>,
  actor: Caller,
  { jobId, runs: wanted, resume }: { jobId: string; runs?: string[]; resume: boolean },
): Promise<Rerun> {
  const { queries, clock } = domain;
  const job = await findOwnJob(queries, actor, jobId);
  refuseUnfit(job);
  const numbers = await findWanted(queries, job.id, wanted, resume);
  if (numbers.length === 0) {
    return { applied: null, numbers: [], unwanted: [], discarded: [] };
  }
  const resumed = resume ? await findKept(queries, job.id, numbers) : new Set<number>();
  const afresh = numbers.filter((number) => !resumed.has(number));
  let waiting: Waiting | null = null;
  const site = resumed.size > 0 ? besideKept(domain.site) : domain.site;
  if (readState(job.state).phase === 'completed') {
    if (afresh.length > 0) {
      await reopenDependencies(queries, job.id);
    }
    waiting = await findWaiting(queries, job.id);
    await takeUpAgain({ ...domain, site }, job, { resumes: afresh.length === 0 });
  } else if (resumed.size > 0) {
    await refuseElsewhere(queries, job);
  }
  if (afresh.length > 0) {
    await refuseWhileRestarting({ queries }, job.id);
  }
  await refuseOutputsInUse({ queries }, job.id, numbers);
  const discarded = await giveUpDirectories(queries, job.id, afresh);
  const unwanted = await planAgain(queries, clock, job.id, afresh);
  await planResumed(queries, job.id, [...resumed]);
  await chooseBestAgain(queries, job.id, readDefinition(job.definition));
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `job:${job.id}`,
    verb: resume ? 'resumed' : 'rerun',
    detail: { runs: numbers.length },
  });
  // What the runs that are not executed again have come to.
  const others = await findVerdict(queries, job.id);
  const isHeld = waiting !== null;
  const event = { type: 'rerun_requested' as const, runs: numbers.length, ...others, isHeld };
  const applied = await applyEvent(queries, clock, job.id, event);
  if (waiting !== null) {
    await noteWaiting(queries, job.id, JSON.stringify(waiting));
  }
  return { applied, numbers, unwanted, discarded };
}

/**
 * What a job waits for before it starts once more: jobs because of which it never started, and those that are being executed
 * again themselves, or it would read what they have not written yet. Refuses while one of them is in its way.
 */
async function findWaiting(queries: Queries, jobId: string): Promise<Waiting | null> {
  const { failure, waiting } = await lookAtDependencies(queries, jobId);
  if (failure !== null) {
    throw conflict(failure.message, { code: failure.code, hint: failure.hint });
  }
  return waiting;
}

async function findWanted(
  queries: Queries,
  jobId: string,
  wanted: string[] | undefined,
  resume: boolean,
): Promise<number[]> {
  if (!wanted) {
    return resume ? await findResumable(queries, jobId) : await findFailedRuns(queries, jobId);
  }
  const numbers = await findNamed(queries, jobId, wanted);
  if (resume) {
    await refuseUnresumable(queries, jobId, numbers);
  }
  return numbers;
}

/** Gives a job that has ended a cluster, and its key back. */
async function takeUpAgain(
  { queries, clock, site, catalog }: Pick<Domain, 'queries' | 'clock' | 'site' | 'catalog'>,
  job: JobWithOwner,
  how: { resumes: boolean },
): Promise<void> {
  await refuseUnrunnable(catalog, queries, job, { site, ...how });
  await reopenOptimization(queries, job.id);
  await insertCluster(queries, clock, site, job.id, { mayLeave: true });
  await restoreJobKey(queries, job.id);
}

/** An agent that is at work on a disk of its own does not see the directories in which runs are to go on. */
async function refuseElsewhere(queries: Queries, job: JobWithOwner): Promise<void> {
  const cluster = await queries
    .selectFrom('clusters')
    .where('id', '=', job.cluster_id)
    .select('shares_files')
    .executeTakeFirst();
  if (cluster?.shares_files === 0) {
    throw conflict(
      'The job is being executed by an agent that does not see the directories in which runs are to go on.',
      {
        code: 'cluster_elsewhere',
        hint: 'Resume them when the job has ended (quarry jobs watch, quarry runs resume): it then gets an agent beside them.',
      },
    );
  }
}

function refuseUnfit(job: JobWithOwner): void {
  const { phase, stop, cluster } = readState(job.state);
  if (phase === 'completed' && cluster !== 'stopped') {
    throw stillStopping();
  }
  if (phase === 'saved') {
    throw refused('The job has not been submitted, so there is nothing to run again.', {
      code: 'job_not_submitted',
      hint: 'Submit it (POST jobs/{id}/submit/).',
    });
  }
  if (stop && phase !== 'completed') {
    throw conflict('The job is being stopped.', {
      code: 'job_stopping',
      hint: 'Wait until its status is Completed, then run its runs again.',
    });
  }
}

function stillStopping(): Problem {
  return conflict('The cluster of the job is still being stopped.', {
    code: 'cluster_stopping',
    hint: 'Try again in a moment: its end is shown at cluster_statuses/.',
  });
}

async function findNamed(queries: Queries, jobId: string, ids: readonly string[]): Promise<number[]> {
  const numbers = [...new Set(ids.map((id) => fromRunId(id)?.number ?? 0))];
  const found = await findNamedRuns(queries, jobId, numbers);
  const byNumber = new Map(found.map((run) => [String(run.number), run]));
  const unknown = ids.filter((id) => !byNumber.has(id));
  if (unknown.length > 0) {
    throw invalidFields({ runs: [`The job has no such runs: ${some(unknown)}.`] });
  }
  if (found.some(({ type }) => type === RUN_TYPE.optimization)) {
    throw invalidFields({
      runs: ['Run 1 stands for the optimization and is never executed itself; name runs of type 2.'],
    });
  }
  const open = found.filter((run) => run.outcome === null).map(({ number }) => String(number));
  if (open.length > 0) {
    throw invalidFields({
      runs: [`These runs have not ended: ${some(open)}. Stop them first, or leave them out.`],
    });
  }
  return found.map(({ number }) => number).sort((a, b) => a - b);
}

function some(ids: readonly string[]): string {
  return ids.length <= NAMED
    ? ids.join(', ')
    : `${ids.slice(0, NAMED).join(', ')} and ${ids.length - NAMED} more`;
}
