import { quarry } from './sdk.ts';

/** Tells how long a file of a run is by now, as it is written; viewers read what they show of it by themselves. */
export function followGrowth(jobId: string, runId: string, path: string) {
  return async (
    onSize: (size: number) => void,
    onRestart: () => void,
    signal: AbortSignal,
  ): Promise<void> => {
    // From its end as it is now: what lies before is read by whoever shows it.
    for await (const event of quarry.jobs.followFile(jobId, runId, path, { lines: 1, signal })) {
      if (event.type === 'data') {
        onSize(event.start + event.bytes.length);
      } else if (event.type === 'restart') {
        onRestart();
      } else if (event.type === 'end' && event.sizeBytes !== null) {
        onSize(event.sizeBytes);
      }
    }
  };
}
