/** Runs that are cut off by the end of their agent: what becomes of them, and how long their directory is kept. */
import type { Failure, RetryPolicy } from '@quarry/contract';
import { daysLater, type Instant } from '../../clock.ts';
import type { NO_DIRECTORY } from '../../db/queries/kept-directories.ts';
import { attemptsWith, mayRetry, type OF_ATTEMPT, type StoredRun } from './attempts.ts';

/** `retry` is from the beginning, `resume` in the directory that was left. */
export type AfterLoss = 'fail' | 'retry' | 'resume';

/** Codes of failures by which a run was cut off: its agent has ended, whatever its commands were at. */
export const CUT_OFF: readonly string[] = ['agent_lost', 'cluster_stopped', 'agent_error'];

/** What the job's policy says; a run that somebody wants to stop fails. */
export function afterLoss(
  policy: RetryPolicy | null | undefined,
  run: Pick<StoredRun, 'attempt' | 'stop_requested'>,
  code: string,
): AfterLoss {
  const wanted = policy?.agentLost ?? null;
  // What was to be resumed and could not be begun would be gone if it were executed from its beginning.
  if (!CUT_OFF.includes(code) && wanted !== 'resume') {
    return 'fail';
  }
  if (wanted === null) {
    // Nobody has said what is to be done where an agent was told to end.
    return code !== 'cluster_stopped' && mayRetry(policy, run, null) ? 'retry' : 'fail';
  }
  if (wanted === 'fail' || run.attempt > policy!.maxRetries || run.stop_requested === 1) {
    return 'fail';
  }
  return wanted;
}

/**
 * Columns of a run that waits to go on in its directory. What was collected of it stays listed until it has ended, and
 * the directory is kept beyond its time; if the run is stopped before it begins, that time still holds.
 */
export function resumedAttempt(run: Pick<StoredRun, (typeof OF_ATTEMPT)[number] | 'attempt'>) {
  return {
    batch: null,
    date_started: null,
    date_completed: null,
    outcome: null,
    exit_code: null,
    failure: null,
    stop_requested: 0 as const,
    is_optimal: 0 as const,
    collecting: null,
    attempt: run.attempt + 1,
    attempts: attemptsWith(run),
    is_resumed: 1 as const,
  };
}

export type DirectoryColumns = Pick<StoredRun, keyof typeof NO_DIRECTORY>;

/** Columns of a run that was cut off in a directory, which is kept for so many days. */
export function keptDirectory(
  directory: string,
  { sizeBytes, now, lostRunDays }: { sizeBytes: number | null; now: Instant; lostRunDays: number },
): DirectoryColumns {
  return {
    directory,
    directory_bytes: sizeBytes,
    directory_expires_at: daysLater(now, lostRunDays),
  };
}

/** The same failure, telling of runs that were to go on in their directories and could not. */
export function stillResumable(failure: Failure, jobId: string): Failure {
  const command = `quarry runs resume ${jobId}`;
  if (failure.hint.includes(command)) {
    return failure;
  }
  return { ...failure, hint: `${failure.hint} What was cut off can still be resumed: ${command}.` };
}

const IN_DIRECTORY = 'Everything lies in its directory, see quarry runs files --live.';
/** What is said of a directory while it is kept; identifiers have no blanks. */
const OF_KEPT = [
  ` ${IN_DIRECTORY}`,
  / What was cut off can still be resumed: quarry runs resume \S+\./,
  / Go on from there until \S+ with: quarry runs resume \S+ \(POST jobs\/\{id\}\/runs\/rerun\/ with "resume": true\)\./,
];

/** The same failure once the directory of the run is given up: there is nothing to go on with. */
export function notResumable(failure: Failure): Failure {
  const hint = OF_KEPT.reduce<string>((text, offer) => text.replace(offer, ''), failure.hint);
  return { ...failure, hint };
}

/** The failure of a run that was cut off, or could not go on, with what its user can do. */
export function lostFailure(
  { code, message, hint }: Failure,
  {
    jobId,
    expiresAt,
    isCollected,
    left,
  }: {
    jobId: string;
    /** When the directory is removed; null when it is not kept. */
    expiresAt: Instant | null;
    isCollected: boolean;
    /** How many entries of the directory could not be collected. */
    left: number;
  },
): Failure {
  // It is not there to go on in, and its user knows best whether it can come back.
  if (code === 'directory_lost') {
    return { code, message, hint };
  }
  if (!CUT_OFF.includes(code)) {
    return expiresAt === null ? { code, message, hint } : stillResumable({ code, message, hint }, jobId);
  }
  const rerun = 'Execute it again from its beginning with quarry runs rerun (POST jobs/{id}/runs/rerun/).';
  const outputs = isCollected
    ? `What it had written until then is among its outputs, marked as unfinished${left > 0 ? `, but for ${left} ${left === 1 ? 'entry' : 'entries'} of its directory` : ''}.`
    : 'What it had written could not be collected.';
  if (expiresAt === null) {
    return { code, message, hint: `${outputs} ${rerun}` };
  }
  const files = isCollected && left === 0 ? '' : ` ${IN_DIRECTORY}`;
  const resume = `Go on from there until ${expiresAt.slice(0, 10)} with: quarry runs resume ${jobId} (POST jobs/{id}/runs/rerun/ with "resume": true).`;
  return { code, message, hint: `${outputs}${files} ${resume} ${rerun}` };
}
