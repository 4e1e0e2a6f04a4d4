/**
 * What a command used. Node does not tell what its children used; the launcher knows it of those it waited for, and says how much that is in all
 * whenever one is over.
 */
import type { RunUsage } from '@quarry/contract';

export type Measured = Pick<RunUsage, 'cpuSeconds' | 'readBytes' | 'writtenBytes'>;

export const UNKNOWN: Measured = { cpuSeconds: null, readBytes: null, writtenBytes: null };

/** What was used between two reports. */
export function since(before: Measured, after: Measured): Measured {
  const less = (a: number | null, b: number | null) => (a === null || b === null ? null : round(a - b));
  return {
    cpuSeconds: less(after.cpuSeconds, before.cpuSeconds),
    readBytes: less(after.readBytes, before.readBytes),
    writtenBytes: less(after.writtenBytes, before.writtenBytes),
  };
}

/** Subtracting decimal fractions leaves binary crumbs. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
