import type { Failure } from '@quarry/contract';
import { sql } from 'kysely';
import { after, type Clock, type Instant } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { newId } from '../../ids.ts';
import { stillResumable } from '../runs/lost-runs.ts';
import { type Effect, type JobEvent, type JobState, SAVED, type StatusRow, transition } from './state.ts';

/** What happened to a job, to be followed by its effects once the transaction is durable. */
export interface Applied {
  jobId: string;
  clusterId: string | null;
  state: JobState;
  effects: Effect[];
  /** Whether its status history grew. */
  hasNewStatus: boolean;
}

/** A job's state inside a write: takes events one after another, and is written once. */
export interface JobLife {
  readonly clusterId: string | null;
  readonly state: JobState;
  apply(event: JobEvent): void;
  /** Writes the new state, the histories and the columns that follow from them. */
  save(): Promise<Applied>;
}

/** What is stored of a state, completed where an earlier version knew less. */
export function readState(text: string): JobState {
  return { ...SAVED, ...(JSON.parse(text) as Partial<JobState>) };
}

interface DatedRow extends StatusRow {
  date: Instant;
}

/** Opens the life of a job for the events of this write. */
export async function openLife(queries: Queries, clock: Clock, jobId: string): Promise<JobLife> {
  const job = await queries
    .selectFrom('jobs')
    .where('id', '=', jobId)
    .select(({ selectFrom }) => [
      'state',
      'cluster_id',
      selectFrom('job_statuses')
        .whereRef('job_statuses.job_id', '=', 'jobs.id')
        .select(({ fn }) => fn.max('status_date').as('date'))
        .as('last_date'),
      selectFrom('cluster_statuses')
        .whereRef('cluster_statuses.cluster_id', '=', 'jobs.cluster_id')
        .select(({ fn }) => fn.max('status_date').as('date'))
        .as('last_cluster_date'),
    ])
    .executeTakeFirstOrThrow();
  // A history is read by its dates: it goes on behind its last one, also after a start with a clock that was set back.
  let lastDate =
    [job.last_date, job.last_cluster_date]
      .filter((date) => date !== null)
      .sort()
      .at(-1) ?? null;
  const nextDate = () => {
    lastDate = after(lastDate, clock.now());
    return lastDate;
  };
  const before = readState(job.state);
  const rows: DatedRow[] = [];
  const effects: Effect[] = [];
  let state = before;
  let columns = {};
  return {
    clusterId: job.cluster_id,
    get state() {
      return state;
    },
    apply(event) {
      const next = transition(state, event);
      if (next.state === state) {
        return;
      }
      const dated = next.rows.map((row) => ({ ...row, date: nextDate() }));
      columns = { ...columns, ...columnsOf(state, next.state, dated, clock) };
      state = next.state;
      rows.push(...dated);
      for (const effect of next.effects) {
        if (!effects.includes(effect)) {
          effects.push(effect);
        }
      }
    },
    async save() {
      if (state !== before) {
        await appendHistory(queries, jobId, job.cluster_id, rows);
        await queries
          .updateTable('jobs')
          .set({ state: JSON.stringify(state), ...columns })
          .where('id', '=', jobId)
          .execute();
        if (state.phase === 'completed' && before.phase !== 'completed') {
          await close(queries, clock, jobId, state);
        }
      }
      const hasNewStatus = rows.some(({ history }) => history === 'job');
      return { jobId, clusterId: job.cluster_id, state, effects, hasNewStatus };
    },
  };
}

/** Applies one event to a job inside a write. */
export async function applyEvent(
  queries: Queries,
  clock: Clock,
  jobId: string,
  event: JobEvent,
): Promise<Applied> {
  const life = await openLife(queries, clock, jobId);
  life.apply(event);
  return life.save();
}

/** Nothing of a job outlives its end: neither its key, nor runs that never came to an end of their own. */
async function close(queries: Queries, clock: Clock, jobId: string, state: JobState): Promise<void> {
  await queries
    .updateTable('api_keys')
    .set({ revoked_at: clock.now() })
    .where('job_id', '=', jobId)
    .where('revoked_at', 'is', null)
    .execute();
  const end = (failure: Failure | null) =>
    queries
      .updateTable('runs')
      .set({
        outcome: state.outcome,
        failure: failure && JSON.stringify(failure),
        date_completed: clock.now(),
      })
      .where('job_id', '=', jobId)
      .where('outcome', 'is', null);
  // These were to go on where they had been cut off.
  const stillThere = state.failure && stillResumable(state.failure, jobId);
  await end(stillThere).where('directory', 'is not', null).execute();
  await end(state.failure).execute();
}

async function appendHistory(
  queries: Queries,
  jobId: string,
  clusterId: string | null,
  rows: DatedRow[],
): Promise<void> {
  for (const { history, status, reason, date } of rows) {
    const row = { id: newId(), status, status_date: date, status_reason: reason };
    if (history === 'job') {
      await queries
        .insertInto('job_statuses')
        .values(({ selectFrom, fn, lit }) => ({
          ...row,
          job_id: jobId,
          seq: selectFrom('job_statuses').select(({ eb }) =>
            eb(fn.coalesce(fn.max('seq'), lit(0)), '+', lit(1)).as('next'),
          ),
        }))
        .execute();
    } else if (clusterId) {
      await queries
        .insertInto('cluster_statuses')
        .values({ ...row, cluster_id: clusterId })
        .execute();
    }
  }
}

/** Whether somebody tells why it does not go on. */
function waits({ phase }: JobState): boolean {
  return phase === 'held' || phase === 'queued';
}

const UNENDED = { date_completed: null, is_completed: 0 as const, outcome: null, executed_seconds: null };

function executedUntil(at: Instant) {
  const now = sql<number>`julianday(${at}) - julianday(date_started)`;
  return sql<number>`used_seconds + covered_seconds + coalesce(max(0, ${now}), 0) * 86400`;
}

/** The columns that follow from a transition, so that lists need not read states. */
function columnsOf(before: JobState, state: JobState, rows: DatedRow[], clock: Clock) {
  const last = rows.findLast((row) => row.history === 'job');
  const entered = (phase: JobState['phase']) => state.phase === phase && before.phase !== phase;
  const isSubmitted = entered('submitted') || entered('held');
  const at = last?.date ?? clock.now();
  return {
    ...(last ? { status: last.status } : {}),
    ...(isSubmitted ? { ...UNENDED, date_submitted: at } : {}),
    ...(entered('executing') ? { date_started: at } : {}),
    ...(entered('completed')
      ? {
          date_completed: at,
          is_completed: 1 as const,
          outcome: state.outcome,
          executed_seconds: executedUntil(at),
        }
      : {}),
    ...(state.phase === before.phase && waits(state) ? {} : { waiting: null }),
  };
}
