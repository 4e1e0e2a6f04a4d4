import type { JobOutcome } from '@quarry/sdk';

/** What a job or run is doing, in one word for people; the API has several for some, and one for all ends. */
export type JobState =
  | 'saved'
  | 'waiting'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'succeeded'
  | 'failed'
  | 'stopped'
  | 'out-of-time'
  | 'lost';

const BY_STATUS: Readonly<Record<string, JobState>> = {
  '': 'saved',
  Pending: 'waiting',
  Queued: 'waiting',
  'Waiting for Cluster': 'waiting',
  'Waiting for Queue': 'waiting',
  Started: 'starting',
  Validated: 'starting',
  Executing: 'running',
  Stopping: 'stopping',
  'Force Stop': 'stopping',
};

const BY_OUTCOME: Readonly<Record<JobOutcome, JobState>> = {
  success: 'succeeded',
  failed: 'failed',
  stopped: 'stopped',
  walltime_exceeded: 'out-of-time',
};

/** Codes of failures that are not the command's: whatever executed it is gone. */
const LOST: ReadonlySet<string> = new Set(['agent_lost', 'cluster_stopped', 'agent_error']);

/** State of a job by its latest status, and by how it ended. */
export function stateOf(job: {
  status: string | null | undefined;
  outcome: JobOutcome | null | undefined;
  failureCode?: string | null | undefined;
}): JobState {
  const { status, outcome, failureCode } = job;
  if (status !== 'Completed') {
    return BY_STATUS[status ?? ''] ?? 'waiting';
  }
  return endOf(outcome, failureCode);
}

/** State of what has ended. A platform that does not tell how is taken at its word. */
function endOf(outcome: JobOutcome | null | undefined, failureCode?: string | null | undefined): JobState {
  if (outcome === null || outcome === undefined) {
    return 'succeeded';
  }
  return outcome === 'failed' && LOST.has(failureCode ?? '') ? 'lost' : (BY_OUTCOME[outcome] ?? 'failed');
}

/** State of a run: it waits, executes, or has ended. */
export function stateOfRun(run: {
  dateStarted: string | null;
  dateCompleted: string | null;
  outcome?: JobOutcome | null | undefined;
  failure?: { code: string } | null | undefined;
}): JobState {
  if (run.dateCompleted !== null) {
    return endOf(run.outcome, run.failure?.code);
  }
  return run.dateStarted === null ? 'waiting' : 'running';
}

const ACTIVE: ReadonlySet<JobState> = new Set(['waiting', 'starting', 'running', 'stopping']);

/** Whether something is still to happen by itself. */
export function isActive(state: JobState): boolean {
  return ACTIVE.has(state);
}

export function hasEnded(state: JobState): boolean {
  return state !== 'saved' && !isActive(state);
}
