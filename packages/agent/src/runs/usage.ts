import type { RunUsage } from '@quarry/contract';

/** What a run used with one more of its commands; what is not known of one is not known of all. */
export function addUsage(sum: RunUsage | null, next: RunUsage): RunUsage {
  if (sum === null) {
    return next;
  }
  return {
    wallSeconds: round(sum.wallSeconds + next.wallSeconds),
    cpuSeconds: add(sum.cpuSeconds, next.cpuSeconds),
    peakMemoryBytes: greater(sum.peakMemoryBytes, next.peakMemoryBytes),
    readBytes: add(sum.readBytes, next.readBytes),
    writtenBytes: add(sum.writtenBytes, next.writtenBytes),
  };
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : round(a + b);
}

function greater(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

/** Adding decimal fractions leaves binary crumbs. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
