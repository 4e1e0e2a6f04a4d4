import type { Growth } from '../viewers/log/growth.ts';
import { quarry } from './sdk.ts';

/** Tells what is written to a file of a run, as it is written; what lies before is read by whoever shows it. */
export function followGrowth(jobId: string, runId: string, path: string): Growth {
  return async (listener, signal) => {
    for await (const event of quarry.jobs.followFile(jobId, runId, path, { lines: 1, signal })) {
      if (event.type === 'data') {
        listener.append(event.start, event.bytes);
      } else if (event.type === 'restart') {
        listener.restart();
      } else if (event.type === 'end' && event.sizeBytes !== null) {
        listener.grow(event.sizeBytes);
      }
    }
  };
}
