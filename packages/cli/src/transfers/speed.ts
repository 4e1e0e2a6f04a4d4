/** Time constant of the moving average: speed follows a change within a few seconds. */
const WINDOW_SECONDS = 3;
/** Nearer looks are put together: bytes come in pieces. */
const SHORTEST_LOOK_MS = 100;

/** How fast bytes move, as an exponentially weighted moving average over time. */
export class Speed {
  #moved = 0;
  #lookedAt: number;
  #average = 0;
  /** How much of the window has been seen: without it, speed would begin far too low. */
  #seen = 0;

  constructor(now: number) {
    this.#lookedAt = now;
  }

  add(bytes: number): void {
    this.#moved += bytes;
  }

  /** Bytes per second at that time, in milliseconds; 0 before anything is known. */
  at(now: number): number {
    const milliseconds = now - this.#lookedAt;
    if (milliseconds >= SHORTEST_LOOK_MS) {
      const seconds = milliseconds / 1000;
      const weight = 1 - Math.exp(-seconds / WINDOW_SECONDS);
      this.#average += weight * (this.#moved / seconds - this.#average);
      this.#seen += weight * (1 - this.#seen);
      this.#lookedAt = now;
      this.#moved = 0;
    }
    return this.#seen > 0 ? this.#average / this.#seen : 0;
  }
}
