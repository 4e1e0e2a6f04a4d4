import { type Clock, type Instant, secondsBetween } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import { findScheduledRuns, type ScheduledRun } from '../../db/queries/due-snapshots.ts';
import { insertSnapshot } from '../../db/queries/snapshots.ts';
import { newId } from '../../ids.ts';
import type { Snapshots } from './snapshots.ts';

const SECONDS_PER_MINUTE = 60;

/**
 * Asks for the snapshots that are due by the schedules of jobs; answers how many these were. What was missed while no server was
 * there is due once.
 */
export async function takeDueSnapshots(options: {
  database: Database;
  clock: Clock;
  snapshots: Pick<Snapshots, 'begin'>;
}): Promise<number> {
  const { database, clock, snapshots } = options;
  // Most of the time there are none, and nobody need wait for the writer.
  if (!(await findScheduledRuns(database.read)).some((run) => isDue(run, clock.now()))) {
    return 0;
  }
  const ids = await database.write(async (queries) => {
    const due = (await findScheduledRuns(queries)).filter((run) => isDue(run, clock.now()));
    const begun: string[] = [];
    for (const { jobId, runNumber } of due) {
      const id = newId();
      begun.push(id);
      await insertSnapshot(queries, {
        id,
        job_id: jobId,
        run_number: runNumber,
        kind: 'snapshot',
        cause: 'schedule',
        state: 'pending',
        date_requested: clock.now(),
      });
    }
    return begun;
  });
  for (const id of ids) {
    snapshots.begin(id);
  }
  return ids.length;
}

/** Whether the time since the last one, or else since the start of the run, is over. A run that was begun anew counts from there. */
export function isDue(
  { everyMinutes, startedAt, lastAt }: Pick<ScheduledRun, 'everyMinutes' | 'startedAt' | 'lastAt'>,
  now: Instant,
): boolean {
  const since = lastAt !== null && lastAt > startedAt ? lastAt : startedAt;
  return secondsBetween(since, now) >= everyMinutes * SECONDS_PER_MINUTE;
}
