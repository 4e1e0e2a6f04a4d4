/**
 * What a command used. Node does not tell what its children used, but a shell knows it of those it waited for,
 * and Linux adds what they read and wrote to the shell's own count. So the shell that starts commands says both when
 * one is over.
 */
import type { RunUsage } from '@quarry/contract';

export type Measured = Pick<RunUsage, 'cpuSeconds' | 'readBytes' | 'writtenBytes'>;

export const UNKNOWN: Measured = { cpuSeconds: null, readBytes: null, writtenBytes: null };

/** What was used between two reports of a shell that lives on. */
export function since(before: Measured, after: Measured): Measured {
  const less = (a: number | null, b: number | null) => (a === null || b === null ? null : round(a - b));
  return {
    cpuSeconds: less(after.cpuSeconds, before.cpuSeconds),
    readBytes: less(after.readBytes, before.readBytes),
    writtenBytes: less(after.writtenBytes, before.writtenBytes),
  };
}

/** Reads what `times` and `/proc/self/io` say of a shell and its children. */
export function parseMeasured(text: string): Measured {
  // The second line of `times` is about the children; the locale may have a comma.
  const times = /^.*\n(\d+)m([\d.,]+)s (\d+)m([\d.,]+)s\n/.exec(text);
  const read = numberAfter(text, 'read_bytes');
  const written = numberAfter(text, 'write_bytes');
  const cancelled = numberAfter(text, 'cancelled_write_bytes') ?? 0;
  return {
    cpuSeconds: times === null ? null : round(seconds(times[1]!, times[2]!) + seconds(times[3]!, times[4]!)),
    readBytes: read,
    writtenBytes: written === null ? null : Math.max(0, written - cancelled),
  };
}

function seconds(minutes: string, rest: string): number {
  return Number(minutes) * 60 + Number(rest.replace(',', '.'));
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function numberAfter(text: string, label: string): number | null {
  const match = new RegExp(`^${label}: (\\d+)$`, 'm').exec(text);
  return match === null ? null : Number(match[1]);
}
