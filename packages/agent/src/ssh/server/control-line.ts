/** What a session is told while it goes on: the size of its window, and signals. */
import type { Socket } from 'node:net';
import { SSH_CONTROL_BYTES } from '../../limits.ts';

/** The session may be slow to read, and a client as quick as it likes: what waits is bounded. */
export class ControlLine {
  #pipe: Socket | null = null;
  #size: string | null = null;

  /** The session is up. */
  open(pipe: Socket): void {
    this.#pipe = pipe;
    pipe.on('drain', () => this.#tellSize());
  }

  /** Of sizes that are not told yet only the last one counts. */
  resize(columns: number, rows: number): void {
    this.#size = `size ${columns} ${rows}\n`;
    this.#tellSize();
  }

  /** Sends a signal, by its name without SIG. False: the session is not up, or has not heard of many before. */
  signal(name: string): boolean {
    if (this.#pipe === null || this.#isFull) {
      return false;
    }
    this.#pipe.write(`signal ${name}\n`);
    return true;
  }

  #tellSize(): void {
    if (this.#pipe !== null && this.#size !== null && !this.#isFull) {
      this.#pipe.write(this.#size);
      this.#size = null;
    }
  }

  get #isFull(): boolean {
    return this.#pipe!.writableLength >= SSH_CONTROL_BYTES;
  }
}
