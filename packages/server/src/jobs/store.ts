import type { Clock, Instant } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { newId } from '../ids.ts';
import { type Effect, type JobEvent, type JobState, type StatusRow, transition } from './state.ts';

/** What happened to a job, to be followed by its effects once the transaction is durable. */
export interface Applied {
  jobId: string;
  clusterId: string | null;
  state: JobState;
  effects: Effect[];
}

/** Applies an event to a job inside a write: new state, histories and columns in the same transaction. */
export async function applyEvent(
  queries: Queries,
  clock: Clock,
  jobId: string,
  event: JobEvent,
): Promise<Applied> {
  const job = await queries
    .selectFrom('jobs')
    .leftJoin('clusters', 'clusters.job_id', 'jobs.id')
    .where('jobs.id', '=', jobId)
    .select(['jobs.state', 'jobs.status', 'clusters.id as clusterId'])
    .executeTakeFirstOrThrow();
  const before = JSON.parse(job.state) as JobState;
  const { state, rows, effects } = transition(before, event);
  if (state !== before) {
    const dates = await appendHistory(queries, clock, jobId, job.clusterId, rows);
    await queries
      .updateTable('jobs')
      .set({ state: JSON.stringify(state), ...columns(before, state, rows, dates, clock) })
      .where('id', '=', jobId)
      .execute();
    if (state.phase === 'completed' && before.phase !== 'completed')
      await close(queries, clock, jobId, state);
  }
  return { jobId, clusterId: job.clusterId, state, effects };
}

/** Nothing of a job outlives its end: neither its key, nor runs that never came to an end of their own. */
async function close(queries: Queries, clock: Clock, jobId: string, state: JobState): Promise<void> {
  await queries
    .updateTable('api_keys')
    .set({ revoked_at: clock.now() })
    .where('job_id', '=', jobId)
    .where('revoked_at', 'is', null)
    .execute();
  await queries
    .updateTable('runs')
    .set({
      outcome: state.outcome,
      failure: state.failure && JSON.stringify(state.failure),
      date_completed: clock.now(),
    })
    .where('job_id', '=', jobId)
    .where('outcome', 'is', null)
    .execute();
}

async function appendHistory(
  queries: Queries,
  clock: Clock,
  jobId: string,
  clusterId: string | null,
  rows: StatusRow[],
): Promise<Instant[]> {
  const dates: Instant[] = [];
  for (const { history, status, reason } of rows) {
    const row = { id: newId(), status, status_date: clock.now(), status_reason: reason };
    dates.push(row.status_date);
    if (history === 'job')
      await queries
        .insertInto('job_statuses')
        .values({ ...row, job_id: jobId })
        .execute();
    else if (clusterId) {
      await queries
        .insertInto('cluster_statuses')
        .values({ ...row, cluster_id: clusterId })
        .execute();
    }
  }
  return dates;
}

/** The columns that follow from a transition, so that lists need not read states. */
function columns(before: JobState, state: JobState, rows: StatusRow[], dates: Instant[], clock: Clock) {
  const last = rows.findLastIndex((row) => row.history === 'job');
  const entered = (phase: JobState['phase']) => state.phase === phase && before.phase !== phase;
  const at = dates[last] ?? clock.now();
  return {
    ...(last >= 0 ? { status: rows[last]!.status } : {}),
    ...(entered('submitted') ? { date_submitted: at } : {}),
    ...(entered('executing') ? { date_started: at } : {}),
    ...(entered('completed') ? { date_completed: at, is_completed: 1 as const } : {}),
    ...(state.phase !== 'queued' ? { waiting: null } : {}),
  };
}
