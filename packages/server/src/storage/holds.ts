import type { BlobStat, HeldBlob } from './storage.ts';

/** Who holds which digest, and one turn at a time per digest. Every implementation of the store needs both. */
export class Holds {
  readonly #counts = new Map<string, number>();
  readonly #turns = new Map<string, Promise<unknown>>();

  isHeld(sha512: string): boolean {
    return this.#counts.has(sha512);
  }

  hold({ sha512, sizeBytes }: BlobStat): HeldBlob {
    this.#counts.set(sha512, (this.#counts.get(sha512) ?? 0) + 1);
    let held = true;
    const release = () => {
      if (!held) {
        return;
      }
      held = false;
      const count = this.#counts.get(sha512)! - 1;
      if (count === 0) {
        this.#counts.delete(sha512);
      } else {
        this.#counts.set(sha512, count);
      }
    };
    return { sha512, sizeBytes, release, [Symbol.asyncDispose]: async () => release() };
  }

  /** Runs `work` when every earlier work on the same digest has ended, whether well or not. */
  async inTurn<T>(sha512: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(sha512) ?? Promise.resolve();
    const turn = before.then(work, work);
    const ended = turn.then(ignore, ignore);
    this.#turns.set(sha512, ended);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(sha512) === ended) {
        this.#turns.delete(sha512);
      }
    }
  }
}

function ignore(): void {}
