/** A stretch of memory that answers are read into, to be given back when nothing reads from it any more. */
export interface Piece {
  readonly memory: Buffer;
  giveBack(): void;
}

/** Enough for a slow reader, who may hold one for minutes while a thousand others do. */
const SMALL_BYTES = 32 * 1024;
/** What makes the fast ones fast: each read and each write costs the same, however long. */
const LARGE_BYTES = 512 * 1024;
/** Memory kept for the next answers; beyond it is left to the collector. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * The memory that answers are sent from. Small pieces are there for everybody; large ones take no more than a bound
 * together, and when all are out a small one must do.
 */
export class PieceMemory {
  readonly #small: Buffer[] = [];
  readonly #large: Buffer[] = [];
  #largeOut = 0;
  readonly #maxLarge: number;

  constructor(largeBytes: number) {
    this.#maxLarge = Math.max(0, Math.floor(largeBytes / LARGE_BYTES));
  }

  take(size: 'small' | 'large', neededBytes: number): Piece {
    const isLarge = size === 'large' && neededBytes > SMALL_BYTES && this.#largeOut < this.#maxLarge;
    const kept = isLarge ? this.#large : this.#small;
    const memory = kept.pop() ?? Buffer.allocUnsafeSlow(isLarge ? LARGE_BYTES : SMALL_BYTES);
    if (isLarge) {
      this.#largeOut += 1;
    }
    let isOut = true;
    return {
      memory,
      giveBack: () => {
        if (!isOut) {
          return;
        }
        isOut = false;
        if (isLarge) {
          this.#largeOut -= 1;
        }
        if (kept.length * memory.byteLength < KEPT_BYTES) {
          kept.push(memory);
        }
      },
    };
  }
}
