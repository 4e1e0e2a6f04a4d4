import type { Failure, RunOutcome } from '@quarry/contract';

/** How a run ended, without what it left. */
export interface Verdict {
  outcome: RunOutcome;
  exitCode: number | null;
  failure: Failure | null;
}
