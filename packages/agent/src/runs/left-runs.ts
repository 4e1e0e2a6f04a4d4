/** The runs that an agent had begun and not ended when it died. */
import { dirname } from 'node:path';
import type { AgentEvent } from '@quarry/contract';

export interface LeftRun {
  runId: string;
  /** The run's own, with its places. */
  directory: string;
  /** The last tile whose command has ended well; null before the first. */
  lastTile: number | null;
}

/** Finds them in the journal. */
export function findLeftRuns(events: readonly AgentEvent[]): LeftRun[] {
  const left = new Map<string, LeftRun>();
  for (const event of events) {
    if (event.type === 'run_started') {
      const { runId, workDirectory } = event;
      // home/work is below it.
      left.set(runId, { runId, directory: dirname(dirname(workDirectory)), lastTile: null });
    } else if (event.type === 'tile_exited' && event.exitCode === 0) {
      const run = left.get(event.runId);
      if (run !== undefined) {
        run.lastTile = event.tile;
      }
    } else if (event.type === 'run_finished') {
      left.delete(event.runId);
    }
  }
  return [...left.values()];
}

/** Ids of the runs that events of this type tell of. */
export function idsOf(events: readonly AgentEvent[], type: 'run_started' | 'run_finished'): Set<string> {
  return new Set(events.flatMap((event) => (event.type === type ? [event.runId] : [])));
}
