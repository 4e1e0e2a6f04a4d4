/** Shared memory of fixed size, lent out and given back. */
export class SlotPool {
  readonly #slotBytes: number;
  readonly #signal: AbortSignal;
  readonly #free: SharedArrayBuffer[] = [];
  readonly #waiting: ((memory: SharedArrayBuffer) => void)[] = [];
  #unmade: number;

  constructor(slotBytes: number, count: number, signal: AbortSignal) {
    this.#slotBytes = slotBytes;
    this.#unmade = count;
    this.#signal = signal;
  }

  /** Rejects with the signal's reason when that comes first. */
  async take(): Promise<SharedArrayBuffer> {
    this.#signal.throwIfAborted();
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return new SharedArrayBuffer(this.#slotBytes);
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
    if (next === undefined) this.#free.push(memory);
    else next(memory);
  }
}
