import { SPARE_PIECES } from '../../limits.ts';

/** Memory of one piece of a file; small enough to be still in the processor's cache when the hash comes to it. */
export const PIECE_BYTES = 512 * 1024;

/**
 * What uploads before have left. Shared memory does not hasten the collector: a program that uploads one file after the
 * other would pile up the memory of all of them.
 */
const spare: SharedArrayBuffer[] = [];

/** Pieces of shared memory, lent out and given back; at most so many at once. */
export class PiecePool implements Disposable {
  readonly #signal: AbortSignal;
  readonly #free: SharedArrayBuffer[] = [];
  readonly #waiting: ((memory: SharedArrayBuffer) => void)[] = [];
  #unmade: number;
  #isOver = false;

  constructor(count: number, signal: AbortSignal) {
    this.#unmade = count;
    this.#signal = signal;
  }

  /** Rejects with the signal's reason when that comes first. */
  async take(): Promise<SharedArrayBuffer> {
    this.#signal.throwIfAborted();
    const free = this.#free.pop();
    if (free !== undefined) {
      return free;
    }
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return spare.pop() ?? new SharedArrayBuffer(PIECE_BYTES);
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(this.#signal.reason);
      this.#signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push((memory) => {
        this.#signal.removeEventListener('abort', onAbort);
        resolve(memory);
      });
    });
  }

  give(memory: SharedArrayBuffer): void {
    const next = this.#waiting.shift();
    if (this.#isOver) {
      keep(memory);
    } else if (next === undefined) {
      this.#free.push(memory);
    } else {
      next(memory);
    }
  }

  /** What is lent out still goes where the others went when it comes back. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const memory of this.#free.splice(0)) {
      keep(memory);
    }
  }
}

function keep(memory: SharedArrayBuffer): void {
  if (spare.length < SPARE_PIECES) {
    spare.push(memory);
  }
}
