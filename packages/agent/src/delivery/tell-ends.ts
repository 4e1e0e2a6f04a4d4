/** How the server learns of the end of a run. */
import type { NewEvent } from '../exchange/journal.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';
import type { PendingEnd } from './pending-ends.ts';

/** Where ends of runs go. */
export interface RunEnds {
  /** Takes the end of a run. Null: it is in the journal; else resolves when it is, or the agent ends before. */
  finish(end: PendingEnd, stop: StopSwitch): Promise<void> | null;
}

/** The server finds the outputs where they lie. */
export function tellEnds(emit: (event: NewEvent) => void): RunEnds {
  return {
    finish({ event }) {
      emit(event);
      return null;
    },
  };
}
