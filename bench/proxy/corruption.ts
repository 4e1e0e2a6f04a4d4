/** Bytes that are changed on their way. */
import type { HttpBodies } from './http-bodies.ts';

export type Direction = 'up' | 'down';

/** One byte, changed once. */
export type Corruption =
  /** At an offset of everything that goes up to the server or down to clients, over all connections. */
  | { direction: Direction; offset: number }
  /**
   * At an offset of the `body`-th body in a direction, counted from 1; with `minBodyBytes` among those whose heads say
   * that they are so long.
   */
  | { direction: Direction; body: number; offset: number; minBodyBytes?: number };

interface Pending {
  corruption: Corruption;
  /** Bodies of its kind that have begun. */
  bodies: number;
}

/** What is still to be corrupted in one direction of all connections. */
export class Corruptions {
  readonly #pending: Pending[];
  #passed = 0;
  #done = 0;

  constructor(corruptions: readonly Corruption[], direction: Direction) {
    this.#pending = corruptions
      .filter((corruption) => corruption.direction === direction)
      .map((corruption) => ({ corruption, bodies: 0 }));
  }

  /** Bytes that were changed. */
  get done(): number {
    return this.#done;
  }

  get needsBodies(): boolean {
    return this.#pending.some(({ corruption }) => 'body' in corruption);
  }

  /** A body begins; answers which of the corruptions are for it, by their offsets in it. */
  beginBody(sizeBytes: number): number[] {
    const offsets: number[] = [];
    for (const pending of [...this.#pending]) {
      const { corruption } = pending;
      if (!('body' in corruption) || !isCounted(sizeBytes, corruption.minBodyBytes)) {
        continue;
      }
      pending.bodies += 1;
      if (pending.bodies !== corruption.body) {
        continue;
      }
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      offsets.push(corruption.offset);
    }
    return offsets;
  }

  /** Bytes pass, which may be changed in place. */
  pass(bytes: Uint8Array, bodies: HttpBodies | null): void {
    for (const pending of [...this.#pending]) {
      if ('body' in pending.corruption) {
        continue;
      }
      const at = pending.corruption.offset - this.#passed;
      if (at < 0 || at >= bytes.byteLength) {
        continue;
      }
      this.#change(bytes, at);
      this.#pending.splice(this.#pending.indexOf(pending), 1);
    }
    this.#passed += bytes.byteLength;
    bodies?.pass(bytes, (at) => this.#change(bytes, at));
  }

  #change(bytes: Uint8Array, at: number): void {
    bytes[at]! ^= 0xff;
    this.#done += 1;
  }
}

function isCounted(sizeBytes: number, minBodyBytes: number | undefined): boolean {
  return minBodyBytes === undefined || (Number.isFinite(sizeBytes) && sizeBytes >= minBodyBytes);
}
