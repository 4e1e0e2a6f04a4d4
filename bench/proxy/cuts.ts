/** When connections are cut: at byte offsets, so that a transfer meets the same cuts on a fast host and on a slow one. */

export interface CutOptions {
  /** Each connection after so many bytes, both directions together. */
  afterBytes?: number | undefined;
  /** How many connections at most are cut by `afterBytes`; all of them when absent. */
  times?: number | undefined;
  /** Whichever connection carries these bytes, counted over all connections and both directions. */
  atTotalBytes?: readonly number[] | undefined;
}

/** Knows the offsets, and counts towards them. */
export class CutPlan {
  readonly #afterBytes: number;
  #timesLeft: number;
  readonly #offsets: number[];
  #totalBytes = 0;

  constructor({ afterBytes, times, atTotalBytes = [] }: CutOptions) {
    this.#afterBytes = afterBytes ?? Number.POSITIVE_INFINITY;
    this.#timesLeft = times ?? Number.POSITIVE_INFINITY;
    this.#offsets = [...atTotalBytes].sort((a, b) => a - b);
  }

  /**
   * How many of `wanted` bytes a connection that has carried `carried` may still carry; fewer than wanted when it is to
   * be cut behind them. What is answered counts as carried.
   */
  admit(carried: number, wanted: number): number {
    let admitted = wanted;
    const ownLeft = this.#timesLeft > 0 ? this.#afterBytes - carried : Number.POSITIVE_INFINITY;
    const totalLeft = (this.#offsets[0] ?? Number.POSITIVE_INFINITY) - this.#totalBytes;
    if (totalLeft < admitted && totalLeft <= ownLeft) {
      admitted = totalLeft;
      this.#offsets.shift();
    } else if (ownLeft < admitted) {
      admitted = ownLeft;
      this.#timesLeft -= 1;
    }
    this.#totalBytes += admitted;
    return admitted;
  }
}

/** `count` offsets below `withinBytes`, in order; the same for the same seed. */
export function randomOffsets(count: number, withinBytes: number, seed: number): number[] {
  const next = randomNumbers(seed);
  return Array.from({ length: count }, () => Math.floor(next() * withinBytes)).sort((a, b) => a - b);
}

/** Numbers in [0, 1): a Weyl sequence through the finalizer of MurmurHash3, two 32-bit words to a number. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  const word = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return () => (word() * 2 ** 21 + (word() >>> 11)) / 2 ** 53;
}
