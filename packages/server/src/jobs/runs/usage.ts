import type { RunUsage } from '@quarry/contract';

/** Usage of several runs as one: times and bytes add up, the peak is the highest. What no run tells stays null. */
export function addUsage(total: RunUsage | null, run: RunUsage | null): RunUsage | null {
  if (total === null || run === null) {
    return total ?? run;
  }
  return {
    wallSeconds: rounded(total.wallSeconds + run.wallSeconds),
    cpuSeconds: combine(total.cpuSeconds, run.cpuSeconds, (a, b) => rounded(a + b)),
    peakMemoryBytes: combine(total.peakMemoryBytes, run.peakMemoryBytes, Math.max),
    readBytes: combine(total.readBytes, run.readBytes, (a, b) => a + b),
    writtenBytes: combine(total.writtenBytes, run.writtenBytes, (a, b) => a + b),
  };
}

function combine(a: number | null, b: number | null, how: (a: number, b: number) => number): number | null {
  return a === null || b === null ? (a ?? b) : how(a, b);
}

/** Microseconds: sums of thousands of runs would otherwise end in digits that nobody measured. */
function rounded(seconds: number): number {
  return Number(seconds.toFixed(6));
}
