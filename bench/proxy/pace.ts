/** How far a pace may fall behind its clock and still make up for it, such as when the host is busy elsewhere. */
const CATCH_UP_MS = 100;

/**
 * A token bucket that starts empty, told as a clock: bytes are due when all before them have been paid for. Whoever is
 * late loses nothing, since what is due next counts from when the last was due and not from when it went.
 */
export class Pace {
  readonly bytesPerSecond: number;
  #nextDue = Number.NEGATIVE_INFINITY;

  constructor(bytesPerSecond: number) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Takes the next place in line for some bytes; answers when they have all been paid for, by `performance.now()`. */
  reserve(bytes: number, now: number): number {
    if (this.#nextDue === Number.NEGATIVE_INFINITY) {
      this.#nextDue = now;
    }
    this.#nextDue = Math.max(this.#nextDue, now - CATCH_UP_MS) + (bytes * 1000) / this.bytesPerSecond;
    return this.#nextDue;
  }
}
