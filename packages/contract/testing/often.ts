/** Tests of rare events run as often as is bearable each time, and many times as often when somebody asks for it (`.ci/long`). */
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many times as often as usual. */
    often: number;
    /** What chance goes by where a test makes its own; null takes another one each time. */
    seed: number | null;
  }
}

/** How often to try what fails rarely, given how often it is tried usually; such a test has time in proportion. */
export function often(times: number): number {
  return Math.round(times * inject('often'));
}

export interface Chances {
  seed: number;
  /** A whole number from 0 to less than `end`. */
  below(end: number): number;
}

/** The same chances again from the same seed (mulberry32), for what the machine's own chances are not the point of. */
export function chances(): Chances {
  const seed = inject('seed') ?? Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  return {
    seed,
    below(end) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
    },
  };
}
