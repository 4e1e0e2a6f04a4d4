/**
 * What a command used. Node does not tell what its children used, but a shell knows it of those it waited for,
 * and Linux adds what they read and wrote to the shell's own count. So a small shell stands around the command
 * and says both when it is over, through a pipe that the command does not inherit. It outlives the signals that
 * end the command, hands its exit code on, and keeps silent where a shell names the signal that ended a child.
 */
import { closeSync, existsSync, readSync } from 'node:fs';
import type { RunUsage } from '@quarry/contract';
import { BASH } from './environment.ts';

const REPORT_BYTES = 4_096;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Descriptor 3 is the pipe for the report, 4 keeps the standard error of the command. */
const METER = `trap : HUP INT QUIT USR1 USR2 PIPE ALRM TERM
[ -z "$BASH_VERSION" ] || SHLVL=$((SHLVL - 1))
exec 4>&2 2>/dev/null
(exec "$@" 2>&4 3>&- 4>&-)
code=$?
{ times; while read -r line; do echo "$line"; done </proc/self/io; } >&3
exit $code`;

/** Starts half a millisecond sooner than bash. */
const SMALL_SHELL = existsSync('/bin/sh') ? '/bin/sh' : BASH;

/**
 * Puts the meter before a command. Other shells than bash drop variables whose names are no identifiers, such as
 * exported functions of bash; where there are some, bash is the meter too, told to leave them alone.
 */
export function metered(command: string[], environment: Record<string, string>): string[] {
  const shell = Object.keys(environment).every((name) => IDENTIFIER.test(name))
    ? [SMALL_SHELL]
    : [BASH, '-p'];
  return [...shell, '-c', METER, 'sh', ...command];
}

export type Measured = Pick<RunUsage, 'cpuSeconds' | 'readBytes' | 'writtenBytes'>;

export const UNKNOWN: Measured = { cpuSeconds: null, readBytes: null, writtenBytes: null };

/** Reads what the meter has said and closes the descriptor; a meter that was killed said nothing. */
export function readMeter(fd: number): Measured {
  try {
    const bytes = Buffer.alloc(REPORT_BYTES);
    return parseMeasured(bytes.toString('latin1', 0, readSync(fd, bytes)));
  } catch {
    // EAGAIN: there is nothing.
    return UNKNOWN;
  } finally {
    closeSync(fd);
  }
}

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
