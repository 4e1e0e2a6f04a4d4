import { LIMITS } from '../../limits.ts';
import type { ClusterPhase } from './state.ts';

/** What is known of a persistent cluster at a moment. */
export interface ClusterFacts {
  phase: ClusterPhase;
  /** Of its holder. */
  life: 'alive' | 'gone';
  /** Between the row that says it was launched and its holder. */
  isStarting: boolean;
  hasBegun: boolean;
  heldForMs: number;
  walltimeSeconds: number;
  /** Jobs that were submitted to it and have not ended. */
  jobs: number;
  /** Shares that have not ended. */
  shares: number;
  /** How long nothing has come from the agent of any of them. */
  silentForMs: number;
  /** How long it has been ending. */
  endingForMs: number;
  /** How long it has had no job. */
  idleForMs: number;
  idleSeconds: number;
}

/** What is to be done about a persistent cluster. */
export type ClusterMeasure =
  | 'none'
  | 'note_start'
  | 'end_lost'
  | 'end_walltime'
  | 'end_idle'
  /** Nothing is on it any more: its holder may go. */
  | 'dismiss'
  /** It does not let its jobs end. */
  | 'kill'
  | 'note_end';

/** What its jobs may take to end, and for how long its agents may then have said nothing. */
const ENDING_SECONDS = LIMITS.stopGraceSeconds + 120;
const SILENT_SECONDS = 120;

/**
 * The table:
 *
 *   phase     holder   what                                      measure
 *   launched  alive    it has said that it is there              note_start
 *   launched  gone     and nobody is about to start it           end_lost
 *   started   gone                                               end_lost
 *   started   alive    walltime over                             end_walltime
 *   started   alive    without a job for its idle minutes        end_idle
 *   ending    gone                                               note_end
 *   ending    alive    no share left                             dismiss
 *   ending    alive    for long, and its agents say nothing      kill
 *
 * What is in no row waits.
 */
export function measureOf(facts: ClusterFacts): ClusterMeasure {
  const isGone = facts.life === 'gone' && !facts.isStarting;
  switch (facts.phase) {
    case 'launched':
      return isGone ? 'end_lost' : facts.hasBegun ? 'note_start' : 'none';
    case 'started':
      if (isGone) {
        return 'end_lost';
      }
      if (facts.heldForMs > facts.walltimeSeconds * 1000) {
        return 'end_walltime';
      }
      return facts.jobs === 0 && facts.idleForMs > facts.idleSeconds * 1000 ? 'end_idle' : 'none';
    case 'ending':
      if (isGone) {
        return 'note_end';
      }
      if (facts.shares === 0) {
        return facts.isStarting ? 'none' : 'dismiss';
      }
      return facts.endingForMs > ENDING_SECONDS * 1000 && facts.silentForMs > SILENT_SECONDS * 1000
        ? 'kill'
        : 'none';
    case 'not_started':
    case 'queued':
    case 'stopped':
      return 'none';
  }
}
