import { type Instant, toInstant } from '../clock.ts';
import type { EqualDays } from '../db/queries/use.ts';
import { LIMITS } from '../limits.ts';
import { invalidFields } from '../problems.ts';

/** From when to when use counts, and where its days begin at midnight. */
export interface Span {
  from: Instant;
  to: Instant;
  zone: string;
}

/** A day, or what of it lies in a span; in milliseconds since the epoch. */
export interface Day {
  /** Such as `2026-01-31`. */
  date: string;
  begin: number;
  end: number;
}

const DAY_MS = 86_400_000;
const DATE_ONLY = /^\d{4}-\d\d-\d\d$/;

/** The span that is asked for: without a beginning from the first of the month, without an end until now. Refuses others than forward ones. */
export function readSpan(
  { from, to, zone: name }: { from?: string | undefined; to?: string | undefined; zone: string },
  now: Instant,
): Span {
  const zone = readZone(name);
  const today = Temporal.Instant.from(now).toZonedDateTimeISO(zone).toPlainDate();
  const span = {
    from:
      from === undefined ? midnight(today.with({ day: 1 }), zone) : readTime('from', from, { zone, days: 0 }),
    to: to === undefined ? now : readTime('to', to, { zone, days: 1 }),
    zone,
  };
  if (span.from >= span.to) {
    throw invalidFields({
      from: [`The time from ${span.from} to ${span.to} is empty. Let it begin earlier.`],
    });
  }
  return span;
}

/** The days of a span until now, in order. Refuses more than there may be. */
export function daysOf({ from, to, zone }: Span, now: Instant): Day[] {
  const end = Date.parse(to < now ? to : now);
  const days: Day[] = [];
  let begin = Date.parse(from);
  let date = Temporal.Instant.fromEpochMilliseconds(begin).toZonedDateTimeISO(zone).toPlainDate();
  while (begin < end) {
    if (days.length === LIMITS.usageDays) {
      throw invalidFields({
        from: [
          `By day a report spans ${LIMITS.usageDays} days at most. Ask for a shorter time, or by something else.`,
        ],
      });
    }
    const next = date.add({ days: 1 });
    const stop = Math.min(Date.parse(midnight(next, zone)), end);
    days.push({ date: date.toString(), begin, end: stop });
    [date, begin] = [next, stop];
  }
  return days;
}

function readZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw invalidFields({
      zone: [`"${name}" is not a time zone that is known here. Use a name such as UTC or Europe/Berlin.`],
    });
  }
}

function readTime(
  field: 'from' | 'to',
  text: string,
  { zone, days }: { zone: string; days: number },
): Instant {
  try {
    return DATE_ONLY.test(text)
      ? midnight(Temporal.PlainDate.from(text).add({ days }), zone)
      : toInstant(text);
  } catch {
    throw invalidFields({ [field]: [`There is no time "${text}".`] });
  }
}

function midnight(date: Temporal.PlainDate, zone: string): Instant {
  return toInstant(new Date(date.toZonedDateTime(zone).epochMilliseconds).toISOString());
}

/** The same days for the database: those of 24 hours that follow each other, and one of another length at the end of these. */
export function equalDays(days: readonly Day[]): EqualDays[] {
  const series: EqualDays[] = [];
  for (const [index, { begin }] of days.entries()) {
    const before = days[index - 1];
    const last = series.at(-1);
    if (last !== undefined && before !== undefined && before.end - before.begin === DAY_MS) {
      last.count += 1;
    } else {
      series.push({ first: index, count: 1, begin: begin / 1000 });
    }
  }
  return series;
}
