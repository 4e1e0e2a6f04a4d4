import { isOutage } from '@quarry/sdk';
import type { Clock } from '../clock.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const PAUSE_GROWTH = 1.2;
/** A platform that is away for longer than this is given up. */
const LONGEST_OUTAGE_MS = 5 * 60_000;

/** Looks at something again and again: ever more rarely while nothing changes, and through short outages. */
export class Patience {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #pause = FIRST_PAUSE_MS;
  #answeredAt: number;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#answeredAt = clock.now();
  }

  /** The platform has answered; after news the next look comes soon. */
  answered({ news }: { news: boolean }): void {
    this.#answeredAt = this.#clock.now();
    if (news) {
      this.#pause = FIRST_PAUSE_MS;
    }
  }

  /** Throws the error of a look again unless it is an outage that may still pass. */
  bear(error: unknown): void {
    if (!isOutage(error) || this.#clock.now() - this.#answeredAt > LONGEST_OUTAGE_MS) {
      throw error;
    }
  }

  /** Waits until the next look is due, or until there are news; rejects when the signal fires. */
  async wait(news?: Promise<void>): Promise<void> {
    const awake = new AbortController();
    const pause = this.#clock.sleep(this.#pause, AbortSignal.any([this.#signal, awake.signal]));
    this.#pause = Math.min(this.#pause * PAUSE_GROWTH, LONGEST_PAUSE_MS);
    if (news === undefined) {
      return pause;
    }
    try {
      await Promise.race([pause, news]);
    } finally {
      // The rest of the pause would keep the process alive.
      pause.catch(() => undefined);
      awake.abort();
    }
  }
}
