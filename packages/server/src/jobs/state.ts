/**
 * The life of a job as a pure function: a state and an event give the next state, the rows to append to the
 * two histories, and the effects that the engine performs after the rows are durable.
 *
 *   saved --submitted--> submitted --queued--> queued --launched--> launched --agent_started--> ready
 *     ready --run_started--> executing --last run_finished--> completed
 *
 * `stop_requested` ends a job at once while nothing has been started, else it is passed to the agent, and the
 * job ends when its runs have ended. `refused` and `agent_lost` end it from where it stands. The cluster
 * outlives the job by a moment: `completed` dismisses the agent, `agent_stopped` or `agent_lost` ends it.
 *
 * On the wire a job that has begun always ends as `Completed`. Clients tell success by the exact reason and
 * by the absence of a `Stopping` row, so every other end writes such a row first (api contract 4.1).
 *
 * Repeating an event changes nothing: each is accepted only in the phases that it can follow.
 */
import type { Failure, RunOutcome } from '@quarry/contract';

export type StopKind = 'graceful' | 'force';
export type Phase = 'saved' | 'submitted' | 'queued' | 'launched' | 'ready' | 'executing' | 'completed';
export type ClusterPhase = 'none' | 'not_started' | 'starting' | 'started' | 'dismissed' | 'stopped';

export interface JobState {
  phase: Phase;
  cluster: ClusterPhase;
  /** The stop the user asked for, until the job has ended. */
  stop: StopKind | null;
  /** Runs that have not ended. */
  runsLeft: number;
  outcome: RunOutcome | null;
  failure: Failure | null;
  /** Whether the history already tells that the job waits. */
  saidWaiting: boolean;
  /** Whether the history already tells that the end is not a success. */
  saidStopping: boolean;
}

export type JobEvent =
  | { type: 'submitted'; runs: number }
  | { type: 'queued' }
  | { type: 'waiting' }
  | { type: 'launched' }
  | { type: 'refused'; failure: Failure }
  | { type: 'agent_started' }
  | { type: 'run_started' }
  | { type: 'run_finished'; outcome: RunOutcome; failure: Failure | null }
  /** `undelivered` runs have never reached the agent and end with this event. */
  | { type: 'stop_requested'; kind: StopKind; undelivered: number }
  | { type: 'agent_stopped' }
  | { type: 'agent_lost'; failure: Failure };

export interface StatusRow {
  history: 'job' | 'cluster';
  status: string;
  reason: string | null;
}

export type Effect =
  /** Look at the queue: something may start. */
  | 'schedule'
  /** Answer the agent's poll: there is something to tell it. */
  | 'notify_agent'
  /** The job's own key died with the job: no memory of it may outlive it. */
  | 'forget_key'
  /** Nothing of the cluster is needed any more. */
  | 'release_cluster';

export interface Transition {
  state: JobState;
  rows: StatusRow[];
  effects: Effect[];
}

const REASONS = {
  success: 'Completed successfully',
  failed: 'A run failed',
  stopped: 'Stopped by user',
  walltime_exceeded: 'Walltime exceeded',
  not_started: 'Could not allocate compute resources from the compute provider',
} as const;

const USER_STOP: Failure = {
  code: 'stopped_by_user',
  message: 'The job was stopped on request.',
  hint: 'Clone the job to run it again.',
};

export const SAVED: JobState = {
  phase: 'saved',
  cluster: 'none',
  stop: null,
  runsLeft: 0,
  outcome: null,
  failure: null,
  saidWaiting: false,
  saidStopping: false,
};

/** What an event does to a job; an event that cannot follow the state gives the same state and nothing else. */
export function transition(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    case 'submitted':
      if (state.phase !== 'saved') return unchanged(state);
      return {
        state: { ...state, phase: 'submitted', cluster: 'not_started', runsLeft: event.runs },
        rows: [job('Pending'), cluster('Not Started')],
        effects: ['schedule'],
      };
    case 'queued':
      if (state.phase !== 'submitted') return unchanged(state);
      return { state: { ...state, phase: 'queued' }, rows: [job('Queued')], effects: [] };
    case 'waiting':
      if (state.phase !== 'queued' || state.saidWaiting) return unchanged(state);
      return { state: { ...state, saidWaiting: true }, rows: [job('Waiting for Cluster')], effects: [] };
    case 'launched':
      if (state.phase !== 'queued') return unchanged(state);
      return {
        state: { ...state, phase: 'launched', cluster: 'starting' },
        rows: [cluster('Starting')],
        effects: [],
      };
    case 'refused':
      if (state.phase !== 'queued' && state.phase !== 'launched') return unchanged(state);
      return complete({ ...state, runsLeft: 0 }, 'failed', event.failure, REASONS.not_started);
    case 'agent_started':
      if (state.phase !== 'launched') return unchanged(state);
      return {
        state: { ...state, phase: 'ready', cluster: 'started' },
        rows: [cluster('Started'), job('Started'), job('Validated')],
        effects: [],
      };
    case 'run_started':
      if (state.phase !== 'ready') return unchanged(state);
      return {
        state: { ...state, phase: 'executing' },
        rows: state.stop ? [] : [job('Executing')],
        effects: [],
      };
    case 'run_finished':
      return runFinished(state, event);
    case 'stop_requested':
      return stopRequested(state, event);
    case 'agent_stopped':
      if (state.cluster !== 'dismissed') return unchanged(state);
      return endCluster(state, null);
    case 'agent_lost':
      return agentLost(state, event.failure);
  }
}

function runFinished(state: JobState, event: Extract<JobEvent, { type: 'run_finished' }>): Transition {
  if ((state.phase !== 'ready' && state.phase !== 'executing') || state.runsLeft === 0)
    return unchanged(state);
  const next = { ...state, runsLeft: state.runsLeft - 1, ...worse(state, event) };
  if (next.runsLeft > 0) return { state: next, rows: [], effects: [] };
  const outcome = next.outcome ?? 'success';
  // The history has said that the job was stopped; success after that would tell clients two stories.
  if (outcome === 'success' && state.stop) return complete(next, 'stopped', USER_STOP, REASONS.stopped);
  return complete(next, outcome, next.failure, REASONS[outcome]);
}

function stopRequested(state: JobState, event: Extract<JobEvent, { type: 'stop_requested' }>): Transition {
  switch (state.phase) {
    case 'saved':
    case 'completed':
      return unchanged(state);
    case 'submitted':
    case 'queued':
      return complete({ ...state, runsLeft: 0 }, 'stopped', USER_STOP, REASONS.stopped);
    case 'launched':
    case 'ready':
    case 'executing': {
      if (state.stop === 'force' || state.stop === event.kind) return unchanged(state);
      const stopping = event.kind === 'force' ? 'Force Stop' : 'Stopping';
      const next: JobState = {
        ...state,
        stop: event.kind,
        saidStopping: true,
        runsLeft: state.runsLeft - event.undelivered,
      };
      const row = job(stopping, REASONS.stopped);
      if (next.runsLeft > 0) return { state: next, rows: [row], effects: ['notify_agent'] };
      const end = complete(next, 'stopped', USER_STOP, REASONS.stopped);
      return { ...end, rows: [row, ...end.rows] };
    }
  }
}

function agentLost(state: JobState, failure: Failure): Transition {
  if (state.cluster === 'none' || state.cluster === 'stopped') return unchanged(state);
  if (state.phase === 'completed') return endCluster(state, null);
  const end = complete(
    { ...state, runsLeft: 0 },
    state.stop ? 'stopped' : 'failed',
    failure,
    failure.message,
  );
  const gone = endCluster(end.state, failure.message);
  return { state: gone.state, rows: [...end.rows, ...gone.rows], effects: [...end.effects, ...gone.effects] };
}

/** The end of the job; its cluster, if one was started, is dismissed. */
function complete(state: JobState, outcome: RunOutcome, failure: Failure | null, reason: string): Transition {
  const rows: StatusRow[] = [];
  if (outcome !== 'success' && !state.saidStopping) rows.push(job('Stopping', reason));
  rows.push(job('Completed', reason));
  const started = state.cluster === 'starting' || state.cluster === 'started';
  const next: JobState = {
    ...state,
    phase: 'completed',
    outcome,
    failure,
    saidStopping: state.saidStopping || outcome !== 'success',
    cluster: started ? 'dismissed' : 'stopped',
  };
  if (started) {
    return {
      state: next,
      rows: [...rows, cluster('Stop Requested')],
      effects: ['notify_agent', 'forget_key'],
    };
  }
  return {
    state: next,
    rows: [...rows, cluster('Stopped')],
    effects: ['forget_key', 'release_cluster', 'schedule'],
  };
}

function endCluster(state: JobState, reason: string | null): Transition {
  return {
    state: { ...state, cluster: 'stopped' },
    rows: [cluster('Stopping', reason), cluster('Stopped', reason)],
    effects: ['release_cluster', 'schedule'],
  };
}

const SEVERITY: Record<RunOutcome, number> = { success: 0, failed: 1, walltime_exceeded: 2, stopped: 3 };

/** A job's outcome is the worst of its runs', with the failure of the first run that came to it. */
function worse(state: JobState, event: { outcome: RunOutcome; failure: Failure | null }) {
  const before = state.outcome ?? 'success';
  if (state.outcome !== null && SEVERITY[event.outcome] <= SEVERITY[before]) {
    return { outcome: state.outcome, failure: state.failure };
  }
  return { outcome: event.outcome, failure: event.failure };
}

function job(status: string, reason: string | null = null): StatusRow {
  return { history: 'job', status, reason };
}

function cluster(status: string, reason: string | null = null): StatusRow {
  return { history: 'cluster', status, reason };
}

function unchanged(state: JobState): Transition {
  return { state, rows: [], effects: [] };
}
