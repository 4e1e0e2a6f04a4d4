/** Time as the platform writes it: ISO-8601 UTC with microseconds, such as `2026-01-05T09:00:00.120000Z`. */
export type Instant = string;

export interface Clock {
  /** The present instant; two calls never give the same one, and a later call never an earlier one. */
  now(): Instant;
}

/** A clock on the system's time whose instants strictly increase, so that they can order rows. */
export function systemClock(): Clock {
  let last = 0;
  return {
    now() {
      const microseconds = Math.floor((performance.timeOrigin + performance.now()) * 1000);
      last = Math.max(last + 1, microseconds);
      return formatInstant(last);
    },
  };
}

/** Writes microseconds since the epoch as an instant. */
export function formatInstant(microseconds: number): Instant {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = String(microseconds - milliseconds * 1000).padStart(3, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

/** Normalises any ISO-8601 time (an agent's, say) to an instant. */
export function toInstant(text: string): Instant {
  return formatInstant(Date.parse(text) * 1000);
}

/** The instant so many days later. */
export function daysLater(instant: Instant, days: number): Instant {
  const DAY_MS = 86_400_000;
  return formatInstant((Date.parse(instant) + days * DAY_MS) * 1000);
}

/** Seconds between two instants. */
export function secondsBetween(earlier: Instant, later: Instant): number {
  return (Date.parse(later) - Date.parse(earlier)) / 1000;
}
