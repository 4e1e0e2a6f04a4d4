import { uptime } from 'node:os';

/** Time as the platform writes it: ISO-8601 UTC with microseconds, such as `2026-01-05T09:00:00.120000Z`. */
export type Instant = string;

export interface Clock {
  /** The present instant; two calls never give the same one, and a later call never an earlier one. */
  now(): Instant;
  /** By how much the host's wall clock is ahead of this one, in milliseconds, since somebody has set it. */
  aheadMs(): number;
}

/** What a host says of the time. */
export interface HostTime {
  /** Milliseconds since the epoch, which people and programs set. */
  wall(): number;
  /** Milliseconds that the host has worked since some moment: still while it is suspended, and never set. */
  monotonic(): number;
  /** Milliseconds since the host was booted, suspended or not; to a hundredth of a second, and slower to ask. */
  uptime(): number;
}

const THIS_HOST: HostTime = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
};

/** A difference between clocks that is looked into, and how often at most. */
const NOTICED_MS = 1000;

/**
 * The wall clock as it was at the start of the process, carried on by the clocks of the kernel that nobody sets: instants
 * strictly increase, so that they can order rows, and what lies between two of them is how long it took, whatever was
 * done to the wall clock meanwhile. While the host is suspended this clock goes on. It takes over what the wall clock was set to with
 * the next start.
 */
export function systemClock(host: HostTime = THIS_HOST): Clock {
  const [wall, monotonic, bootedFor] = [host.wall(), host.monotonic(), host.uptime()];
  let suspendedMs = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let last = 0;

  function present(): number {
    const awake = host.monotonic() - monotonic;
    const own = wall + awake + suspendedMs;
    if (Math.abs(host.wall() - own) < NOTICED_MS || awake < lookedAt + NOTICED_MS) {
      return own;
    }
    lookedAt = awake;
    const suspended = host.uptime() - bootedFor - awake;
    if (suspended > suspendedMs + NOTICED_MS) {
      suspendedMs = suspended;
    }
    return wall + awake + suspendedMs;
  }

  return {
    now() {
      last = Math.max(last + 1, Math.floor(present() * 1000));
      return formatInstant(last);
    },
    aheadMs: () => host.wall() - present(),
  };
}

/** Writes microseconds since the epoch as an instant. */
export function formatInstant(microseconds: number): Instant {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = String(microseconds - milliseconds * 1000).padStart(3, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

/** The instant, unless it does not come after an earlier one: then the next one that does. */
export function after(earlier: Instant | null, instant: Instant): Instant {
  if (earlier === null || instant > earlier) {
    return instant;
  }
  return formatInstant(Date.parse(earlier) * 1000 + Number(earlier.slice(-4, -1)) + 1);
}

/** Normalises any ISO-8601 time (an agent's, say) to an instant. */
export function toInstant(text: string): Instant {
  return formatInstant(Date.parse(text) * 1000);
}

/** The instant so many milliseconds later; before it, when they are negative. */
export function later(instant: Instant, ms: number): Instant {
  return formatInstant((Date.parse(instant) + ms) * 1000);
}

/** The instant so many days later. */
export function daysLater(instant: Instant, days: number): Instant {
  const DAY_MS = 86_400_000;
  return later(instant, days * DAY_MS);
}

/** Seconds between two instants. */
export function secondsBetween(earlier: Instant, later: Instant): number {
  return (Date.parse(later) - Date.parse(earlier)) / 1000;
}
