/** Memory that requests share: each takes what it may need before it reads its body, and waits while it is taken. */
export class ByteBudget {
  #free: number;
  readonly #waiting: Array<{ bytes: number; go: () => void }> = [];

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Resolves when so many bytes are the caller's, to a function that gives them back; first come, first served. */
  async take(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#waiting.length > 0 || bytes > this.#free) {
      const turn = Promise.withResolvers<void>();
      const entry = { bytes, go: turn.resolve };
      this.#waiting.push(entry);
      const leave = () => turn.reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      try {
        await turn.promise;
      } catch (error) {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        this.#wake();
        throw error;
      } finally {
        signal.removeEventListener('abort', leave);
      }
    } else {
      this.#free -= bytes;
    }
    let isMine = true;
    return () => {
      if (!isMine) {
        return;
      }
      isMine = false;
      this.#free += bytes;
      this.#wake();
    };
  }

  #wake(): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.bytes <= this.#free) {
      const { bytes, go } = this.#waiting.shift()!;
      this.#free -= bytes;
      go();
    }
  }
}
