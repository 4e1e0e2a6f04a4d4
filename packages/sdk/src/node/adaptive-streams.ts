/**
 * How many streams a transfer is worth. Links that cap each connection, or are far away, carry more over several; a
 * fast and near one carries nothing more, and each stream costs memory and the far end's patience. So a transfer begins
 * with few, and their number is doubled as long as that pays:
 *
 * - `measuring`: the rate of the present number is taken over a window, after a pause in which new connections get going.
 * - `trying`: twice as many run, and their rate is taken in the same way. When it grew by enough, they stay and become
 *   what is measured against; when it did not, the number goes back and `holding` begins.
 * - `holding`: nothing changes for a while, longer after each attempt in vain. Then it is measured and tried again, since
 *   links change.
 *
 * Pure but for the clock that it is given: whoever moves the bytes calls `tick`.
 */
import { FIRST_STREAMS, MAX_STREAMS } from '../limits.ts';

export interface StreamCountOptions {
  /** So many from beginning to end; nothing is tried then. */
  exactly?: number | undefined;
  /** Never more than these; `MAX_STREAMS` when absent. */
  max?: number | undefined;
  /** A monotonic clock in milliseconds; `performance.now` when absent. */
  now?: () => number;
}

/** New connections get going meanwhile; nothing is measured. */
const SETTLE_MS = 200;
/** Shorter windows measure noise. */
const WINDOW_MS = 400;
/** Twice the streams must bring this share of twice the rate. */
const WORTHWHILE_GAIN = 0.25;
const FIRST_HOLD_MS = 4_000;
const LONGEST_HOLD_MS = 60_000;

/** Decides how many streams should run, from the bytes that have moved. */
export class StreamCount {
  readonly #max: number;
  readonly #isFixed: boolean;
  readonly #now: () => number;
  #wanted: number;
  #phase: 'measuring' | 'trying' | 'holding' = 'measuring';
  /** When the present phase begins to count, or the hold ends. */
  #from: number | null = null;
  #bytesAtFrom: number | null = null;
  #holdMs = FIRST_HOLD_MS;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** The number before the present attempt, and its rate in bytes per millisecond. */
  #before = { streams: 1, rate: 0 };

  constructor({ exactly, max = MAX_STREAMS, now = () => performance.now() }: StreamCountOptions = {}) {
    this.#isFixed = exactly !== undefined;
    this.#max = atLeastOne(max);
    this.#wanted = exactly === undefined ? Math.min(FIRST_STREAMS, this.#max) : atLeastOne(exactly);
    this.#now = now;
  }

  /** How many should run now; streams beyond it may end their piece first. */
  get wanted(): number {
    return this.#wanted;
  }

  /**
   * To be called whenever bytes have moved, or now and then. `movedBytes` are all since the transfer began, those that
   * had to be moved again included, so they never become fewer.
   */
  tick(movedBytes: number): number {
    if (this.#isFixed) {
      return this.#wanted;
    }
    const now = this.#now();
    this.#from ??= now + SETTLE_MS;
    if (now < this.#from) {
      return this.#wanted;
    }
    if (this.#phase === 'holding') {
      this.#begin('measuring', this.#wanted, now);
      return this.#wanted;
    }
    if (this.#bytesAtFrom === null) {
      this.#from = now;
      this.#bytesAtFrom = movedBytes;
      return this.#wanted;
    }
    const elapsedMs = now - this.#from;
    if (elapsedMs >= WINDOW_MS) {
      this.#decide((movedBytes - this.#bytesAtFrom) / elapsedMs, now);
    }
    return this.#wanted;
  }

  /** A server asks for less by 429 or 503: half as many run, and for long no more are tried. */
  refused(): void {
    const now = this.#now();
    // Those that were refused together count as one.
    if (this.#isFixed || now - this.#refusedAt < SETTLE_MS) {
      return;
    }
    this.#refusedAt = now;
    this.#holdMs = LONGEST_HOLD_MS;
    this.#hold(atLeastOne(this.#wanted / 2), now);
  }

  #decide(rate: number, now: number): void {
    const streams = this.#wanted;
    if (this.#phase === 'trying') {
      const { streams: fewer, rate: lower } = this.#before;
      const needed = lower * (1 + (streams / fewer - 1) * WORTHWHILE_GAIN);
      if (rate < needed) {
        this.#hold(fewer, now);
        return;
      }
      this.#holdMs = FIRST_HOLD_MS;
    }
    const more = Math.min(streams * 2, this.#max);
    // Nothing moved: more streams would not help what waits for the far end or for this one.
    if (more === streams || rate === 0) {
      this.#hold(streams, now);
      return;
    }
    this.#before = { streams, rate };
    this.#begin('trying', more, now);
  }

  #begin(phase: 'measuring' | 'trying', streams: number, now: number): void {
    this.#phase = phase;
    this.#wanted = streams;
    this.#from = now + SETTLE_MS;
    this.#bytesAtFrom = null;
  }

  #hold(streams: number, now: number): void {
    this.#phase = 'holding';
    this.#wanted = streams;
    this.#from = now + this.#holdMs;
    this.#bytesAtFrom = null;
    this.#holdMs = Math.min(this.#holdMs * 2, LONGEST_HOLD_MS);
  }
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count));
}
