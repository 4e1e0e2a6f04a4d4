import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, type RunOutcome, rerunJobRuns } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { giveUpDirectories } from '../../db/queries/kept-directories.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { badRequest, conflict, invalidFields } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import type { StoredDefinition } from '../../jobs/definition/definition.ts';
import { insertCluster } from '../../jobs/new-cluster.ts';
import { fromRunId, type StoredRun } from '../../jobs/runs/attempts.ts';
import { chooseBestAgain, reopenOptimization } from '../../jobs/runs/optimization.ts';
import { planAgain, planResumed } from '../../jobs/runs/plan-again.ts';
import { type Applied, applyEvent, readState } from '../../jobs/store.ts';
import { collectDeleted } from '../files/collect-blobs.ts';
import type { RunsContext } from './index.ts';
import { findKept, findResumable, refuseUnresumable } from './resumable.ts';

const ROWS_AT_ONCE = 500;
/** Between a job's end and that of its cluster; the agent has little left to do. */
const CLUSTER_END_MS = 15_000;
const LOOK_MS = 50;

/** Executes runs again, with what the job was submitted with, or lets them go on where they were cut off. */
export const rerun = (context: RunsContext) =>
  route(rerunJobRuns, async (call) => {
    const { jobId } = call.params;
    const done: Rerun[] = [];
    const made = await once(context, call, async () => {
      await clusterEnded(context, call.caller, jobId);
      return async (queries) => {
        const rerun = await rerunWithin(context, queries, call.caller, jobId, call.body);
        done.push(rerun);
        return { runs: rerun.numbers.map(String) };
      };
    });
    for (const { applied, unwanted, discarded } of done) {
      if (applied) context.engine.perform([applied]);
      context.onDiscarded(discarded);
      await collectDeleted(context, unwanted);
    }
    return made;
  });

/** A job that has just ended still has its cluster for a moment; its runs wait for that, not its user. */
async function clusterEnded({ database }: RunsContext, caller: Caller, jobId: string): Promise<void> {
  for (const end = performance.now() + CLUSTER_END_MS; ; await sleep(LOOK_MS)) {
    const { phase, cluster } = readState((await findOwnJob(database.read, caller, jobId)).state);
    if (phase !== 'completed' || cluster === 'stopped') return;
    if (performance.now() > end) {
      throw stillStopping();
    }
  }
}

function stillStopping() {
  return conflict('The cluster of the job is still being stopped.', {
    code: 'cluster_stopping',
    hint: 'Try again in a moment: its end is shown at cluster_statuses/.',
  });
}

interface Rerun {
  applied: Applied | null;
  numbers: number[];
  /** Digests of outputs that are replaced. */
  unwanted: string[];
  /** Directories in which runs could have been resumed. */
  discarded: string[];
}

async function rerunWithin(
  context: RunsContext,
  queries: Queries,
  caller: Caller,
  jobId: string,
  { runs: wanted, resume }: { runs?: string[]; resume: boolean },
): Promise<Rerun> {
  const { clock } = context;
  const job = await findOwnJob(queries, caller, jobId);
  refuseUnfit(job);
  const numbers = await findWanted(queries, job.id, wanted, resume);
  if (numbers.length === 0) return { applied: null, numbers: [], unwanted: [], discarded: [] };
  const resumed = resume ? await findKept(queries, job.id, numbers) : new Set<number>();
  const afresh = numbers.filter((number) => !resumed.has(number));
  if (readState(job.state).phase === 'completed') {
    await takeUpAgain(context, queries, job, { resumes: afresh.length === 0 });
  }
  const discarded = await giveUpDirectories(queries, job.id, afresh);
  const unwanted = await planAgain(queries, clock, job.id, afresh);
  await planResumed(queries, job.id, [...resumed]);
  await chooseBestAgain(queries, job.id, JSON.parse(job.definition) as StoredDefinition);
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(caller).userId,
    subject: `job:${job.id}`,
    verb: resume ? 'resumed' : 'rerun',
    detail: { runs: numbers.length },
  });
  const others = await verdictOfOthers(queries, job.id);
  const applied = await applyEvent(queries, clock, job.id, {
    ...{ type: 'rerun_requested', runs: numbers.length },
    ...others,
  });
  return { applied, numbers, unwanted, discarded };
}

async function findWanted(
  queries: Queries,
  jobId: string,
  wanted: string[] | undefined,
  resume: boolean,
): Promise<number[]> {
  if (!wanted) return resume ? await findResumable(queries, jobId) : await findFailed(queries, jobId);
  const numbers = await findNamed(queries, jobId, wanted);
  if (resume) await refuseUnresumable(queries, jobId, numbers);
  return numbers;
}

/** Gives a job that has ended a cluster, and its key back. */
async function takeUpAgain(
  context: RunsContext,
  queries: Queries,
  job: JobWithOwner,
  how: { resumes: boolean },
): Promise<void> {
  await context.refuseUnrunnable(queries, job, how);
  await reopenOptimization(queries, job.id);
  await insertCluster(queries, context.clock, context.site, job.id);
  await queries.updateTable('api_keys').set({ revoked_at: null }).where('job_id', '=', job.id).execute();
}

function refuseUnfit(job: JobWithOwner): void {
  const { phase, stop, cluster } = readState(job.state);
  if (phase === 'completed' && cluster !== 'stopped') throw stillStopping();
  if (phase === 'saved') {
    throw badRequest('The job has not been submitted, so there is nothing to run again.', {
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

async function findFailed(queries: Queries, jobId: string): Promise<number[]> {
  const rows = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('type', '!=', 1)
    .where('outcome', 'is not', null)
    .where('outcome', '!=', 'success')
    .orderBy('number')
    .select('number')
    .execute();
  return rows.map(({ number }) => number);
}

async function findNamed(queries: Queries, jobId: string, ids: readonly string[]): Promise<number[]> {
  const numbers = [...new Set(ids.map((id) => fromRunId(id)?.number ?? 0))];
  const found: Array<Pick<StoredRun, 'number' | 'outcome' | 'type'>> = [];
  for (let start = 0; start < numbers.length; start += ROWS_AT_ONCE) {
    found.push(
      ...(await queries
        .selectFrom('runs')
        .where('job_id', '=', jobId)
        .where('number', 'in', numbers.slice(start, start + ROWS_AT_ONCE))
        .select(['number', 'outcome', 'type'])
        .execute()),
    );
  }
  const byNumber = new Map(found.map((run) => [String(run.number), run]));
  const unknown = ids.filter((id) => !byNumber.has(id));
  if (unknown.length > 0) throw invalidFields({ runs: [`The job has no such runs: ${some(unknown)}.`] });
  if (found.some(({ type }) => type === 1)) {
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
  const NAMED = 10;
  return ids.length <= NAMED
    ? ids.join(', ')
    : `${ids.slice(0, NAMED).join(', ')} and ${ids.length - NAMED} more`;
}

/** What the runs that are not executed again have come to, the worst first. */
const WORST_FIRST: RunOutcome[] = ['stopped', 'walltime_exceeded', 'failed'];

async function verdictOfOthers(queries: Queries, jobId: string) {
  const ended = queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('type', '!=', 1)
    .where('outcome', 'is not', null)
    .where('outcome', '!=', 'success');
  const { failed } = await ended
    .select(({ fn }) => fn.countAll<number>().as('failed'))
    .executeTakeFirstOrThrow();
  for (const outcome of WORST_FIRST) {
    const first = await ended
      .where('outcome', '=', outcome)
      .orderBy('number')
      .select('failure')
      .executeTakeFirst();
    if (first) {
      const failure = first.failure === null ? null : (JSON.parse(first.failure) as Failure);
      return { failed: Number(failed), outcome, failure };
    }
  }
  return { failed: 0, outcome: 'success' as const, failure: null };
}
