/** Runs as agents name them, and what becomes of a run that is executed again. */
import type { RetryPolicy, RunAttempt } from '@quarry/contract';
import type { Selectable } from 'kysely';
import { NO_DIRECTORY } from '../../db/queries/kept-directories.ts';
import type { RunRow } from '../../db/tables.ts';
import { LIMITS } from '../../limits.ts';

export type StoredRun = Selectable<RunRow>;

/** The id under which an agent executes an attempt of a run: `17`, then `17.2`. */
export function toRunId(number: number, attempt: number): string {
  return attempt === 1 ? String(number) : `${number}.${attempt}`;
}

/** Number and attempt that an id stands for; null for what is no such id. */
export function fromRunId(runId: string): { number: number; attempt: number } | null {
  const match = /^([1-9]\d{0,8})(?:\.([1-9]\d{0,8}))?$/.exec(runId);
  return match && { number: Number(match[1]), attempt: Number(match[2] ?? 1) };
}

/** A run that waits to be executed: nothing has become of it yet. */
export const NOT_BEGUN = {
  batch: null,
  date_started: null,
  date_completed: null,
  outcome: null,
  exit_code: null,
  failure: null,
  skipped: '[]',
  skipped_count: 0,
  collecting: null,
  output_count: 0,
  output_bytes: 0,
  results: '[]',
  usage: null,
  stop_requested: 0 as const,
  is_optimal: 0 as const,
  is_unfinished: 0 as const,
  is_resumed: 0 as const,
  ...NO_DIRECTORY,
};

/** Columns that tell of an attempt. */
export const OF_ATTEMPT = [
  'attempts',
  'date_started',
  'date_completed',
  'outcome',
  'exit_code',
  'failure',
] as const;

/** The column `attempts` of a run whose latest attempt is followed by another. */
export function attemptsWith(run: Pick<StoredRun, (typeof OF_ATTEMPT)[number]>): string {
  const before: RunAttempt = {
    dateStarted: run.date_started,
    dateCompleted: run.date_completed,
    outcome: run.outcome as RunAttempt['outcome'],
    exitCode: run.exit_code,
    failure: run.failure === null ? null : JSON.parse(run.failure),
  };
  return JSON.stringify([...(JSON.parse(run.attempts) as RunAttempt[]), before].slice(-LIMITS.attemptsKept));
}

/** Columns of a run that waits to be executed once more; the attempt before stays on record. */
export function anotherAttempt(run: StoredRun) {
  return { ...NOT_BEGUN, attempt: run.attempt + 1, attempts: attemptsWith(run) };
}

/**
 * Whether the policy gives a failed run another attempt; not one that somebody wants to stop. A run that no exit code
 * ended has null.
 */
export function mayRetry(
  policy: RetryPolicy | null | undefined,
  run: Pick<StoredRun, 'attempt' | 'stop_requested'>,
  exitCode: number | null,
): boolean {
  if (!policy || run.attempt > policy.maxRetries || run.stop_requested === 1) {
    return false;
  }
  return policy.exitCodes === null || (exitCode !== null && policy.exitCodes.includes(exitCode));
}
