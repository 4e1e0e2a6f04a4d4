import type { HashThreads, StreamingHash } from '../../hash-threads.ts';
import { Stretches } from './stretches.ts';

/** Read by a thread in one go, so that other streams get their turn in between. */
const SLICE_BYTES = 4 * 1024 * 1024;

/**
 * The SHA-512 of a file that is written in any order, as far as it has no gap. A thread reads the bytes back, which lie
 * in the page cache still, so that the thread that receives them neither copies nor waits.
 */
export class PrefixHash {
  readonly #path: string;
  readonly #threads: HashThreads;
  readonly #present = new Stretches();
  #hash: StreamingHash | undefined;
  #position = 0;
  /** Behind the last byte that a thread has hashed or may be reading. */
  #readingTo = 0;
  /** Bytes before that have changed: what was hashed is void. */
  #isStale = false;
  #failure: { error: unknown } | undefined;
  #running: Promise<void> | undefined;
  #digest: Promise<string> | undefined;

  constructor(path: string, threads: HashThreads) {
    this.#path = path;
    this.#threads = threads;
  }

  /** These bytes are written. */
  add(start: number, end: number): void {
    this.#present.add(start, end);
    this.#go();
  }

  /** These bytes are about to change. */
  forget(start: number, end: number): void {
    this.#present.remove(start, end);
    if (start >= this.#readingTo) {
      return;
    }
    this.#isStale = true;
    this.#go();
  }

  /** The digest of the first `sizeBytes`, all of which must be there. */
  async digest(sizeBytes: number): Promise<string> {
    this.add(0, sizeBytes);
    while (this.#running !== undefined) {
      await this.#running;
    }
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.abandon();
      throw error;
    }
    this.#digest ??= (this.#hash ?? this.#threads.open()).digest();
    try {
      return await this.#digest;
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** Lets go of the thread; hashing begins anew when it is asked for again. */
  abandon(): void {
    this.#hash?.abandon();
    this.#hash = undefined;
    this.#digest = undefined;
    this.#position = 0;
    this.#readingTo = 0;
    this.#isStale = false;
    this.#failure = undefined;
  }

  #go(): void {
    if (this.#running !== undefined || this.#failure !== undefined) {
      return;
    }
    if (!this.#isStale && this.#present.endFrom(this.#position) === this.#position) {
      return;
    }
    this.#running = this.#advance()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #advance(): Promise<void> {
    for (;;) {
      if (this.#isStale) {
        this.abandon();
      }
      const end = this.#present.endFrom(this.#position);
      if (end === this.#position) {
        return;
      }
      this.#hash ??= this.#threads.open();
      const length = Math.min(SLICE_BYTES, end - this.#position);
      this.#readingTo = this.#position + length;
      await this.#hash.read(this.#path, this.#position, length);
      this.#position += length;
    }
  }
}
