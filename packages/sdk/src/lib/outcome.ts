import type { Failure, Job, JobOutcome, JobStatus } from '@quarry/contract';

/** How a job ended; `failure` is null after success. */
export interface Verdict {
  outcome: JobOutcome;
  failure: Failure | null;
}

/** `Completed` is the only end the API has; the others are borne because clients of other platforms list them. */
const ENDS = new Set(['completed', 'failed', 'stopped', 'terminated', 'force stopped', 'cancelled']);
const SUCCESS_REASON = 'Completed successfully';

/** Newest first, whatever the order they came in. */
function newestFirst(statuses: readonly JobStatus[]): JobStatus[] {
  return statuses.toSorted((a, b) => Date.parse(b.statusDate) - Date.parse(a.statusDate));
}

/**
 * The part of a status history, newest first, since the job was submitted or, after its end, runs of it were executed
 * again: that begins with `Pending` once more, and the history before it stays.
 */
export function latestAttempt(statuses: readonly JobStatus[]): JobStatus[] {
  const history = newestFirst(statuses);
  const start = history.findIndex(({ status }) => status === 'Pending');
  return start === -1 ? history : history.slice(0, start + 1);
}

/** Whether a status history is that of a job that has ended. */
export function hasEnded(statuses: readonly JobStatus[]): boolean {
  return latestAttempt(statuses).some(({ status }) => ENDS.has(status.toLowerCase()));
}

/**
 * How an ended job ended: its own `outcome` where the platform has one, else by the status history. Success is
 * `Completed` for the reason "Completed successfully" without any `Stopping`; a failed job ends as `Completed`, too.
 */
export function judge(job: Job, statuses: readonly JobStatus[]): Verdict {
  const own = job as Partial<Verdict>;
  if (own.outcome !== undefined && own.outcome !== null) {
    return { outcome: own.outcome, failure: own.failure ?? null };
  }
  const end = statuses.find(({ status }) => ENDS.has(status.toLowerCase()));
  const stopping = statuses.find(({ status }) => status === 'Stopping' || status === 'Force Stop');
  if (end?.status === 'Completed' && end.statusReason === SUCCESS_REASON && stopping === undefined) {
    return { outcome: 'success', failure: null };
  }
  const reason = [end?.statusReason, stopping?.statusReason].find((text) => text && text !== SUCCESS_REASON);
  return {
    outcome: 'failed',
    failure: {
      code: 'job_failed',
      message: reason ?? `The job ended as ${end?.status ?? 'unknown'} without a reason.`,
      hint: 'Read process_output.log among the output files of the job.',
    },
  };
}
