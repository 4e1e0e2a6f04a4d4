import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import type { OfRun } from './snapshots.ts';

/** A run that executes and whose job has a schedule for snapshots. */
export interface ScheduledRun extends OfRun {
  everyMinutes: number;
  startedAt: Instant;
  /** When the last one was asked for by the schedule; null before the first. */
  lastAt: Instant | null;
}

/** Runs that execute under a schedule and of which no snapshot is being taken; no more than clusters have slots. */
export async function findScheduledRuns(queries: Queries): Promise<ScheduledRun[]> {
  const rows = await queries
    .selectFrom('jobs')
    .innerJoin('runs', 'runs.job_id', 'jobs.id')
    .where('jobs.snapshot_minutes', 'is not', null)
    .where('jobs.is_completed', '=', 0)
    .where('jobs.date_submitted', 'is not', null)
    .where('jobs.deleted_at', 'is', null)
    .where('runs.date_started', 'is not', null)
    .where('runs.outcome', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('snapshots')
            .whereRef('snapshots.job_id', '=', 'runs.job_id')
            .whereRef('snapshots.run_number', '=', 'runs.number')
            .where('snapshots.state', '=', 'pending')
            .select('snapshots.id'),
        ),
      ),
    )
    .select(({ selectFrom }) => [
      'runs.job_id',
      'runs.number',
      'runs.date_started',
      'jobs.snapshot_minutes',
      selectFrom('snapshots')
        .whereRef('snapshots.job_id', '=', 'runs.job_id')
        .whereRef('snapshots.run_number', '=', 'runs.number')
        .where('snapshots.cause', '=', 'schedule')
        .select(({ fn }) => fn.max('snapshots.date_requested').as('last'))
        .as('last_at'),
    ])
    .execute();
  return rows.map((row) => ({
    jobId: row.job_id,
    runNumber: row.number,
    everyMinutes: row.snapshot_minutes!,
    startedAt: row.date_started!,
    lastAt: row.last_at,
  }));
}
