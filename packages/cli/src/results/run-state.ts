import type { Run } from '@quarry/sdk';
import { outcomeStyle } from '../follow/outcome.ts';
import type { Style } from '../io.ts';

/** Where a run is: its outcome once it has one, else what its dates say. */
export function stateOf({ outcome, dateStarted, dateCompleted }: Run): string {
  if (outcome) {
    return outcome.replaceAll('_', ' ');
  }
  if (dateCompleted) {
    return 'ended';
  }
  return dateStarted ? 'running' : 'planned';
}

export function stateStyle(run: Run): Style | undefined {
  if (run.outcome) {
    return outcomeStyle(run.outcome);
  }
  return run.dateStarted ? undefined : 'dim';
}

/** Whether a run has ended other than in success, where the platform tells. */
export function hasFailed({ outcome }: Run): boolean {
  return outcome !== null && outcome !== undefined && outcome !== 'success';
}

/** Seconds from start to end; null before the end. */
export function secondsOf({ dateStarted, dateCompleted }: Run): number | null {
  if (!dateStarted || !dateCompleted) {
    return null;
  }
  return Math.max(0, (Date.parse(dateCompleted) - Date.parse(dateStarted)) / 1000);
}
