import type { Parameter } from './command.ts';
import { usageError } from './errors.ts';

/** How hours may be written, for refusals and help. */
export const HOURS_FORMS =
  'hours, such as 2 or 1.5, or a time such as 90m, 2h, 1h30m, 1d or 1:30 (hours:minutes)';

const HOURS_OF_UNIT: Record<string, number> = { d: 24, h: 1, m: 1 / 60, s: 1 / 3600 };

/** A length of time in hours, to the second, of `1.5`, `2h`, `90m`, `1h30m`, `1:30` or `1:30:00`; undefined for what is none. */
export function readHours(text: string): number | undefined {
  const given = text.trim().toLowerCase();
  const hours = readClock(given) ?? readUnits(given) ?? readDecimal(given);
  const seconds = Math.round((hours ?? 0) * 3600);
  // Few digits: 100 minutes are 1.6667 hours and not 1.6666666666666667, and the same seconds.
  return seconds >= 1 && Number.isSafeInteger(seconds) ? shortestHours(seconds) : undefined;
}

/** `--walltime` and its like, in hours. */
export const hours = (flags: string, description: string): Parameter<number | undefined> => ({
  flags,
  description,
  parse: (given, name) => {
    const found = readHours(given);
    if (found === undefined) {
      throw usageError(`${name} takes ${HOURS_FORMS}, not "${given}".`);
    }
    return found;
  },
});

function readClock(text: string): number | undefined {
  const [, hours, minutes, seconds = 0] = /^(\d{1,9}):([0-5]?\d)(?::([0-5]?\d))?$/.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) + Number(minutes) / 60 + Number(seconds) / 3600;
}

function readUnits(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?\s*[dhms]\s*)+$/.test(text)) {
    return undefined;
  }
  let hours = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([dhms])/g)) {
    hours += Number(number) * HOURS_OF_UNIT[unit!]!;
  }
  return hours;
}

function readDecimal(text: string): number | undefined {
  return /^\+?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : undefined;
}

function shortestHours(seconds: number): number {
  for (let digits = 0; digits < 6; digits += 1) {
    const hours = Number((seconds / 3600).toFixed(digits));
    if (Math.round(hours * 3600) === seconds) {
      return hours;
    }
  }
  return seconds / 3600;
}
