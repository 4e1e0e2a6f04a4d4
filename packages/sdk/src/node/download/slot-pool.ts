/** Memory of fixed size that bytes arrive in, lent out and given back: what bounds a download, whatever its size. */
export class SlotPool {
  readonly slotBytes: number;
  readonly #free: SharedArrayBuffer[] = [];
  readonly #waiting = new Set<() => void>();
  /** Asked in a shortage to give back what can be had in another way; true when something was. */
  readonly #helpers = new Set<() => boolean>();
  #unmade: number;

  constructor(slotBytes: number, count: number) {
    this.slotBytes = slotBytes;
    this.#unmade = count;
  }

  /** Null when all are lent out, and nobody can spare one. */
  take(): SharedArrayBuffer | null {
    const free = this.#free.pop();
    if (free !== undefined) {
      return free;
    }
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return new SharedArrayBuffer(this.slotBytes);
    }
    this.#askForHelp();
    return this.#free.pop() ?? null;
  }

  /** To be called when somebody may be able to spare one who could not before. */
  nudge(): void {
    if (this.#waiting.size > 0 && this.#free.length === 0) {
      this.#askForHelp();
    }
  }

  give(memory: SharedArrayBuffer): void {
    this.#free.push(memory);
    // Whoever comes first takes it; the others wait again.
    const [first] = this.#waiting;
    if (first === undefined) {
      return;
    }
    this.#waiting.delete(first);
    first();
  }

  /** Resolves when it is worth asking again; rejects with the signal's reason. */
  whenFree(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        return reject(signal.reason);
      }
      const wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(wake);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(wake);
    });
  }

  onShortage(help: () => boolean): Disposable {
    this.#helpers.add(help);
    return { [Symbol.dispose]: () => this.#helpers.delete(help) };
  }

  #askForHelp(): void {
    for (const help of this.#helpers) {
      if (help()) {
        return;
      }
    }
  }
}
