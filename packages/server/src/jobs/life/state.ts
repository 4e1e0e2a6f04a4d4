/**
 * The life of a job as a pure function: a state and an event give the next state, the rows to append to the
 * two histories, and the effects that the engine performs after the rows are durable.
 *
 *   saved --submitted--> submitted --queued--> queued --launched--> launched --agent_started--> ready
 *     ready --run_started--> executing --last run_finished--> completed
 *
 * A job that is to start after others is `held` instead of submitted. `released` puts it into the queue once all of them
 * have ended as it asks; `unfulfillable` ends it when one of them never will.
 *
 * `stop_requested` ends a job at once while nothing has been started, else it is passed to the agent, and the
 * job ends when its runs have ended. `refused` and `agent_lost` end it from where it stands; with runs left to
 * execute, `agent_lost` brings it back to `queued` for another cluster, as `rerun_requested` does from the end. Before
 * `agent_lost` comes, what the agent has left is collected: its runs that were cut off end with `run_finished` like any
 * other, so that a job may have ended by then. The reason of an end by its agent is never that of a stop by its user.
 * The cluster outlives the job by a moment: `completed` dismisses the agent, `agent_stopped` or `agent_lost` ends it.
 *
 * On the wire a job that has begun always ends as `Completed`. Clients tell success by the exact reason and
 * by the absence of a `Stopping` row, so every other end writes such a row first (api contract 4.1).
 *
 * Repeating an event changes nothing: each is accepted only in the phases that it can follow.
 */
import type { Failure, RunOutcome } from '@quarry/contract';

/** How hard a job is stopped: with a grace time for its commands, without one, or without keeping outputs either. */
export type StopKind = 'graceful' | 'force' | 'discard';
export type Phase =
  | 'saved'
  | 'held'
  | 'submitted'
  | 'queued'
  | 'launched'
  | 'ready'
  | 'executing'
  | 'completed';
export type ClusterPhase = 'none' | 'not_started' | 'starting' | 'started' | 'dismissed' | 'stopped';

/** How a job ends, and why. */
export interface Ending {
  outcome: RunOutcome;
  failure: Failure | null;
}

export interface JobState {
  phase: Phase;
  cluster: ClusterPhase;
  /** The stop the user asked for, until the job has ended. */
  stop: StopKind | null;
  /** Set when it is the platform that stops the job: then this is how it ends. */
  ending: Ending | null;
  /** Runs planned so far, and of these the ones that have not ended, and that ended other than in success. */
  runs: number;
  runsLeft: number;
  runsFailed: number;
  outcome: RunOutcome | null;
  failure: Failure | null;
  /** Whether the history already tells that the job waits. */
  saidWaiting: boolean;
  /** Whether the history already tells that the end is not a success. */
  saidStopping: boolean;
}

export type JobEvent =
  /** `isHeld`: jobs that it is to start after have not ended. */
  | { type: 'submitted'; runs: number; isHeld?: boolean }
  | { type: 'released' }
  | { type: 'unfulfillable'; failure: Failure }
  | { type: 'queued' }
  | { type: 'waiting' }
  | { type: 'launched' }
  | { type: 'refused'; failure: Failure }
  /** `isUnchecked`: the job is not to be called validated. */
  | { type: 'agent_started'; isUnchecked?: boolean }
  | { type: 'run_started' }
  /** `planned` runs follow from what this one found. */
  | { type: 'run_finished'; outcome: RunOutcome; failure: Failure | null; planned: number }
  /** `undelivered` runs have never reached the agent and end with this event. */
  | { type: 'stop_requested'; kind: StopKind; undelivered: number; ending: Ending | null }
  /** `runs` that had ended are to be executed again; the others came to `outcome`, with so many failed. */
  | {
      type: 'rerun_requested';
      runs: number;
      failed: number;
      outcome: RunOutcome;
      failure: Failure | null;
      /** As when it is submitted; it counts after the end alone. */
      isHeld?: boolean;
    }
  | { type: 'agent_stopped' }
  /** `failed` runs died with the agent for good; `again` says that others are left, for another cluster. */
  | { type: 'agent_lost'; failure: Failure; failed: number; again: boolean };

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
  /** Look at the jobs that are to start after this one. */
  | 'look_at_dependents'
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

/** Codes of failures that say more than the outcome: the run was cut off, and not by its command or its user. */
const CUT_OFF = [
  ...['agent_lost', 'cluster_stopped', 'agent_error', 'storage_device_full'],
  ...['cluster_ended', 'cluster_shut_down', 'cluster_walltime_exceeded'],
];

const USER_STOP: Failure = {
  code: 'stopped_by_user',
  message: 'The job was stopped on request.',
  hint: 'Execute what was stopped with POST jobs/{id}/runs/rerun/ (quarry runs rerun), or clone the job.',
};

const SHUT_DOWN: Failure = {
  code: 'stopped_by_user',
  message: 'The job was shut down on request, and what it had written was not kept.',
  hint: 'The logs of its runs are there. Execute it again with POST jobs/{id}/runs/rerun/ (quarry runs rerun), or clone it.',
};

const STOP_RANK: Record<StopKind, number> = { graceful: 1, force: 2, discard: 3 };

export const SAVED: JobState = {
  phase: 'saved',
  cluster: 'none',
  stop: null,
  ending: null,
  runs: 0,
  runsLeft: 0,
  runsFailed: 0,
  outcome: null,
  failure: null,
  saidWaiting: false,
  saidStopping: false,
};

/** What an event does to a job; an event that cannot follow the state gives the same state and nothing else. */
export function transition(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    case 'submitted':
      if (state.phase !== 'saved') {
        return unchanged(state);
      }
      return {
        state: {
          ...state,
          ...entry(event),
          cluster: 'not_started',
          runs: event.runs,
          runsLeft: event.runs,
        },
        ...entryEffects(event),
      };
    case 'released':
      if (state.phase !== 'held') {
        return unchanged(state);
      }
      return { state: { ...state, phase: 'queued' }, rows: [job('Queued')], effects: ['schedule'] };
    case 'unfulfillable':
      if (state.phase !== 'held') {
        return unchanged(state);
      }
      return complete({ ...state, ...withoutRuns(state) }, 'failed', event.failure, event.failure.message);
    case 'queued':
      if (state.phase !== 'submitted') {
        return unchanged(state);
      }
      return { state: { ...state, phase: 'queued' }, rows: [job('Queued')], effects: [] };
    case 'waiting':
      if (state.phase !== 'queued' || state.saidWaiting) {
        return unchanged(state);
      }
      return { state: { ...state, saidWaiting: true }, rows: [job('Waiting for Cluster')], effects: [] };
    case 'launched':
      if (state.phase !== 'queued') {
        return unchanged(state);
      }
      return {
        state: { ...state, phase: 'launched', cluster: 'starting' },
        rows: [cluster('Starting')],
        effects: [],
      };
    case 'refused':
      if (state.phase !== 'queued' && state.phase !== 'launched') {
        return unchanged(state);
      }
      return refusedBy(state, event.failure);
    case 'agent_started':
      if (state.phase !== 'launched') {
        return unchanged(state);
      }
      return {
        state: { ...state, phase: 'ready', cluster: 'started' },
        rows: [cluster('Started'), job('Started'), ...(event.isUnchecked ? [] : [job('Validated')])],
        effects: [],
      };
    case 'run_started':
      if (state.phase !== 'ready') {
        return unchanged(state);
      }
      return {
        state: { ...state, phase: 'executing' },
        rows: state.stop ? [] : [job('Executing')],
        effects: [],
      };
    case 'run_finished':
      return runFinished(state, event);
    case 'stop_requested':
      return stopRequested(state, event);
    case 'rerun_requested':
      return rerunRequested(state, event);
    case 'agent_stopped':
      if (state.cluster !== 'dismissed') {
        return unchanged(state);
      }
      return endCluster(state, null);
    case 'agent_lost':
      return agentLost(state, event);
  }
}

/** Without the cluster that was asked for nothing begins. */
function refusedBy(state: JobState, failure: Failure): Transition {
  const reason = reasonFor('failed', failure, REASONS.not_started);
  return complete({ ...state, ...withoutRuns(state) }, 'failed', failure, reason);
}

function runFinished(state: JobState, event: Extract<JobEvent, { type: 'run_finished' }>): Transition {
  if (state.phase === 'saved' || state.phase === 'completed' || state.runsLeft === 0) {
    return unchanged(state);
  }
  const next: JobState = {
    ...state,
    runs: state.runs + event.planned,
    runsLeft: state.runsLeft - 1 + event.planned,
    runsFailed: state.runsFailed + (event.outcome === 'success' ? 0 : 1),
    ...worse(state, event),
  };
  if (next.runsLeft > 0) {
    return { state: next, rows: [], effects: event.planned > 0 ? ['notify_agent'] : [] };
  }
  return ended(next);
}

/** The end of a job whose runs have all ended. */
function ended(next: JobState): Transition {
  if (next.ending) {
    const { outcome, failure } = next.ending;
    return complete(next, outcome, failure, reasonFor(outcome, failure));
  }
  const outcome = next.outcome ?? 'success';
  // The history has said that the job was stopped; success after that would tell clients two stories.
  if (outcome === 'success' && next.stop) {
    return complete(next, 'stopped', userStop(next), REASONS.stopped);
  }
  const isShutDown = next.stop === 'discard' && outcome === 'stopped';
  return complete(
    next,
    outcome,
    isShutDown ? SHUT_DOWN : next.failure,
    next.stop ? REASONS[outcome] : reasonFor(outcome, next.failure),
  );
}

/** A job that lost its agent, or whose agent was told to end, was not stopped by its user, nor did its command fail. */
function reasonFor(
  outcome: RunOutcome,
  failure: Failure | null,
  otherwise: string = REASONS[outcome],
): string {
  return failure && CUT_OFF.includes(failure.code) ? failure.message : otherwise;
}

function stopRequested(state: JobState, event: Extract<JobEvent, { type: 'stop_requested' }>): Transition {
  switch (state.phase) {
    case 'saved':
    case 'completed':
      return unchanged(state);
    case 'held':
    case 'submitted':
    case 'queued': {
      const { outcome, failure } = event.ending ?? { outcome: 'stopped', failure: USER_STOP };
      return complete({ ...state, ...withoutRuns(state) }, outcome, failure, reasonFor(outcome, failure));
    }
    case 'launched':
    case 'ready':
    case 'executing': {
      if (state.stop !== null && STOP_RANK[event.kind] <= STOP_RANK[state.stop]) {
        return unchanged(state);
      }
      const next: JobState = {
        ...state,
        stop: event.kind,
        // What the platform has begun to end does not become the user's stop because the user hurries it.
        ending: state.stop ? state.ending : event.ending,
        saidStopping: true,
        runsLeft: state.runsLeft - event.undelivered,
        runsFailed: state.runsFailed + event.undelivered,
      };
      const { outcome, failure } = next.ending ?? { outcome: 'stopped', failure: userStop(next) };
      const reason = reasonFor(outcome, failure);
      const rows = stopRows(state.stop, event.kind, reason);
      if (next.runsLeft > 0) {
        return { state: next, rows, effects: ['notify_agent'] };
      }
      const end = complete(next, outcome, failure, reason);
      return { ...end, rows: [...rows, ...end.rows] };
    }
  }
}

/** The history tells once that the commands get no grace time. */
function stopRows(before: StopKind | null, kind: StopKind, reason: string): StatusRow[] {
  if (before !== null && before !== 'graceful') {
    return [];
  }
  return [job(kind === 'graceful' ? 'Stopping' : 'Force Stop', reason)];
}

function userStop({ stop }: Pick<JobState, 'stop'>): Failure {
  return stop === 'discard' ? SHUT_DOWN : USER_STOP;
}

/** While runs are executed the rerun ones join them; after the end the job waits for a cluster once more. */
function rerunRequested(state: JobState, event: Extract<JobEvent, { type: 'rerun_requested' }>): Transition {
  const { runs, failed: runsFailed, outcome, failure } = event;
  const verdict = { runsFailed, outcome: outcome === 'success' ? null : outcome, failure };
  if (state.phase === 'completed') {
    if (state.cluster !== 'stopped') {
      return unchanged(state);
    }
    return {
      state: {
        ...SAVED,
        ...entry(event),
        cluster: 'not_started',
        runs: state.runs,
        runsLeft: runs,
        ...verdict,
      },
      ...entryEffects(event),
    };
  }
  if (state.phase === 'saved' || state.stop) {
    return unchanged(state);
  }
  return {
    state: { ...state, runsLeft: state.runsLeft + runs, ...verdict },
    rows: [],
    effects: ['notify_agent'],
  };
}

function agentLost(state: JobState, event: Extract<JobEvent, { type: 'agent_lost' }>): Transition {
  const { failure, failed, again } = event;
  if (state.cluster === 'none' || state.cluster === 'not_started' || state.cluster === 'stopped') {
    return unchanged(state);
  }
  if (state.phase === 'completed') {
    return endCluster(state, null);
  }
  if (again && !state.stop) {
    const next: JobState = {
      ...state,
      phase: 'queued',
      cluster: 'not_started',
      runsLeft: state.runsLeft - failed,
      runsFailed: state.runsFailed + failed,
      ...(failed > 0 ? worse(state, { outcome: 'failed', failure }) : {}),
    };
    return {
      state: next,
      rows: [
        cluster('Stopping', failure.message),
        cluster('Stopped', failure.message),
        job('Queued', `${failure.message} The runs that are left go to another cluster.`),
      ],
      effects: ['release_cluster', 'schedule'],
    };
  }
  const rest = { ...state, ...withoutRuns(state) };
  // The platform had a reason to end the job before its agent died.
  const end = state.ending
    ? complete(
        rest,
        state.ending.outcome,
        state.ending.failure,
        reasonFor(state.ending.outcome, state.ending.failure),
      )
    : complete(rest, state.stop ? 'stopped' : 'failed', failure, failure.message);
  const gone = endCluster(end.state, failure.message);
  return { state: gone.state, rows: [...end.rows, ...gone.rows], effects: [...end.effects, ...gone.effects] };
}

/** Where a job comes to that is to be executed: before the queue while it is held, else into it. */
function entry({ isHeld = false }: { isHeld?: boolean }): { phase: Phase } {
  return { phase: isHeld ? 'held' : 'submitted' };
}

function entryEffects({ isHeld = false }: { isHeld?: boolean }): Pick<Transition, 'rows' | 'effects'> {
  const rows = [job('Pending'), cluster('Not Started')];
  return isHeld
    ? { rows: [...rows, job('Waiting for Queue')], effects: [] }
    : { rows, effects: ['schedule'] };
}

/** The end of the job; its cluster, if one was started, is dismissed. */
function complete(state: JobState, outcome: RunOutcome, failure: Failure | null, reason: string): Transition {
  const rows: StatusRow[] = [];
  if (outcome !== 'success' && !state.saidStopping) {
    rows.push(job('Stopping', reason));
  }
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
      effects: ['notify_agent', 'forget_key', 'look_at_dependents'],
    };
  }
  return {
    state: next,
    rows: [...rows, cluster('Stopped')],
    effects: ['forget_key', 'release_cluster', 'look_at_dependents', 'schedule'],
  };
}

function endCluster(state: JobState, reason: string | null): Transition {
  return {
    state: { ...state, cluster: 'stopped' },
    rows: [cluster('Stopping', reason), cluster('Stopped', reason)],
    effects: ['release_cluster', 'schedule'],
  };
}

/** Runs that will not end by themselves any more have failed. */
function withoutRuns({ runsLeft, runsFailed }: JobState) {
  return { runsLeft: 0, runsFailed: runsFailed + runsLeft };
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
