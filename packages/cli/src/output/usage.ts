import type { RunUsage } from '@quarry/sdk';
import { formatBytes, formatDuration } from './human.ts';

/** What runs have used, as lines of `printFields`; what the host does not tell is left out. */
export function usageFields(usage: RunUsage | null | undefined): [label: string, value: string | null][] {
  if (!usage) {
    return [];
  }
  const { cpuSeconds, wallSeconds, peakMemoryBytes, readBytes, writtenBytes } = usage;
  const bytes = (value: number | null) => (value === null ? null : formatBytes(value));
  // Of less only the rounding would be told.
  const cores = cpuSeconds === null || cpuSeconds < 0.1 ? null : cpuSeconds / wallSeconds;
  return [
    [
      'CPU time',
      cpuSeconds === null
        ? null
        : `${formatDuration(cpuSeconds)}${cores === null ? '' : ` (${cores.toFixed(1)} cores busy)`}`,
    ],
    ['Peak memory', bytes(peakMemoryBytes)],
    ['Read', bytes(readBytes)],
    ['Written', bytes(writtenBytes)],
  ];
}
