/**
 * Links that open without a key, once and soon: a browser sends no header with a link, and a key in an address would
 * stay in its history. They live in memory, since nobody waits for one longer than a restart takes.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, type Instant, toInstant } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import { tooManyRequests, unauthenticated } from '../problems.ts';
import type { Credential } from './caller.ts';

interface Waiting {
  /** Path and query of what it opens. */
  target: string;
  credential: Credential;
  userId: string;
  expiresAt: Instant;
}

const HINT = 'Each link opens once, within a minute of being made. Make a new one where this one came from.';

/** The part of an address before its ticket, and the ticket, which stands last; null without one. */
function splitTicket(url: string): { target: string; token: string } | null {
  const match = /^(.*)[?&]ticket=([A-Za-z0-9_-]+)$/.exec(url);
  return match === null ? null : { target: match[1]!, token: match[2]! };
}

export class Tickets {
  readonly #clock: Clock;
  /** In the order in which they end, since all wait equally long. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #ofUser = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A link to `target`, a path with its query, that opens with what the key or session reaches. Refuses when too many wait to be used.
   */
  issue(
    target: string,
    { credential, userId }: { credential: Credential; userId: string },
  ): { path: string; expiresAt: Instant } {
    const now = this.#clock.now();
    this.#forgetBefore(now);
    const ofUser = this.#ofUser.get(userId) ?? 0;
    if (ofUser >= LIMITS.ticketsPerUser) {
      throw tooManyRequests(`${ofUser} of your links wait to be used.`, {
        code: 'too_many_tickets',
        hint: 'Use those that there are, or wait a minute.',
        retryAfterSeconds: LIMITS.ticketSeconds,
      });
    }
    const token = randomBytes(24).toString('base64url');
    const expiresAt = toInstant(new Date(Date.parse(now) + LIMITS.ticketSeconds * 1000).toISOString());
    this.#waiting.set(token, { target, credential, userId, expiresAt });
    this.#ofUser.set(userId, ofUser + 1);
    return { path: `${target}${target.includes('?') ? '&' : '?'}ticket=${token}`, expiresAt };
  }

  /** The key or session that a link stands for; null of an address without a ticket. Only `use` makes it worthless. */
  credentialOf(url: string, { use }: { use: boolean }): Credential | null {
    const parts = splitTicket(url);
    if (parts === null) {
      return null;
    }
    this.#forgetBefore(this.#clock.now());
    const ticket = this.#waiting.get(parts.token);
    if (ticket === undefined || ticket.target !== parts.target) {
      throw unauthenticated('This link has been used, has expired, or is not one of this platform.', HINT);
    }
    if (use) {
      this.#remove(parts.token, ticket);
    }
    return ticket.credential;
  }

  #forgetBefore(now: Instant): void {
    for (const [token, ticket] of this.#waiting) {
      if (ticket.expiresAt > now) {
        break;
      }
      this.#remove(token, ticket);
    }
  }

  #remove(token: string, { userId }: Waiting): void {
    this.#waiting.delete(token);
    const left = (this.#ofUser.get(userId) ?? 1) - 1;
    if (left === 0) {
      this.#ofUser.delete(userId);
    } else {
      this.#ofUser.set(userId, left);
    }
  }
}
