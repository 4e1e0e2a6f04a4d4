import type { Clock, Instant } from '../clock.ts';

/** What is known of a task in the background since the start of the server. */
export interface TaskRecord {
  readonly name: string;
  lastRun: Instant | null;
  /** The end of the last run that failed in nothing. */
  lastSuccess: Instant | null;
  /** Null when the last run failed in nothing. */
  lastError: string | null;
  runs: number;
  /** Runs that failed, in whole or in part. */
  failures: number;
  /** What all runs have taken together. */
  seconds: number;
}

export function newRecord(name: string): TaskRecord {
  return { name, lastRun: null, lastSuccess: null, lastError: null, runs: 0, failures: 0, seconds: 0 };
}

/** Notes a run that has ended; `error` is the first of its failures, null when there was none. */
export function noteRun(
  record: TaskRecord,
  clock: Clock,
  { error, seconds }: { error: string | null; seconds: number },
): void {
  record.runs += 1;
  record.seconds += seconds;
  record.lastRun = clock.now();
  record.lastError = error;
  if (error === null) {
    record.lastSuccess = record.lastRun;
  } else {
    record.failures += 1;
  }
}
