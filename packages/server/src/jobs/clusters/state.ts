/**
 * The life of a persistent cluster as a pure function: a phase and an event give the next phase and the rows of its history.
 *
 *   not_started --start_requested--> queued --launched--> launched --holder_started--> started
 *     started --end_requested--> ending --holder_ended--> stopped
 *
 * `end_requested` comes from its owner, or when its walltime or its idle time is over; one that holds nothing yet ends at
 * once. `refused` ends it before it was there, `holder_ended` when its holder is gone, asked to or not.
 *
 * Repeating an event changes nothing: each is accepted only in the phases that it can follow.
 */
export type ClusterPhase = 'not_started' | 'queued' | 'launched' | 'started' | 'ending' | 'stopped';

export type ClusterEvent =
  | { type: 'start_requested' }
  | { type: 'launched' }
  | { type: 'refused'; reason: string }
  | { type: 'holder_started' }
  | { type: 'end_requested'; reason: string }
  /** `reason` counts where nobody had asked for it. */
  | { type: 'holder_ended'; reason: string };

export interface ClusterState {
  phase: ClusterPhase;
  /** Why it ends, in words; null before. */
  ending: string | null;
}

export interface ClusterTransition {
  state: ClusterState;
  rows: Array<{ status: string; reason: string | null }>;
}

/** What an event does to a persistent cluster; one that cannot follow gives the same state and no rows. */
export function transition(state: ClusterState, event: ClusterEvent): ClusterTransition {
  const { phase } = state;
  switch (event.type) {
    case 'start_requested':
      return phase === 'not_started' ? next(state, 'queued', ['Pending', 'Queued']) : unchanged(state);
    case 'launched':
      return phase === 'queued' ? next(state, 'launched', ['Starting']) : unchanged(state);
    case 'holder_started':
      return phase === 'launched' ? next(state, 'started', ['Started']) : unchanged(state);
    case 'refused':
      return phase === 'queued' || phase === 'launched'
        ? next({ ...state, ending: event.reason }, 'stopped', ['Stopping', 'Stopped'])
        : unchanged(state);
    case 'end_requested':
      return endRequested({ ...state, ending: event.reason }, state);
    case 'holder_ended':
      return holderEnded(state, event.reason);
  }
}

function endRequested(ended: ClusterState, before: ClusterState): ClusterTransition {
  switch (before.phase) {
    case 'not_started':
    case 'queued':
      return next(ended, 'stopped', ['Stop Requested', 'Stopped']);
    case 'launched':
    case 'started':
      return next(ended, 'ending', ['Stop Requested']);
    case 'ending':
    case 'stopped':
      return unchanged(before);
  }
}

function holderEnded(state: ClusterState, reason: string): ClusterTransition {
  const holds = state.phase === 'launched' || state.phase === 'started' || state.phase === 'ending';
  return holds
    ? next({ ...state, ending: state.ending ?? reason }, 'stopped', ['Stopping', 'Stopped'])
    : unchanged(state);
}

/** The reason of an end stands in each of its rows. */
function next(state: ClusterState, phase: ClusterPhase, statuses: readonly string[]): ClusterTransition {
  return {
    state: { ...state, phase },
    rows: statuses.map((status) => ({ status, reason: state.ending })),
  };
}

function unchanged(state: ClusterState): ClusterTransition {
  return { state, rows: [] };
}
