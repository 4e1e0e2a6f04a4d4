/**
 * The SHA-512 of a file while it is sent. Bytes are offered as the streams read them, in any order; what follows on what
 * is hashed already goes to the hashing thread from the same memory, what is a little ahead is kept until its turn, and
 * what is far ahead, or was sent by an earlier attempt, is read again from the file when its turn comes.
 */
import type { Worker } from 'node:worker_threads';
import { HELD_FOR_HASH_BYTES, INLINE_HASH_BYTES } from '../../limits.ts';
import { threadBeside } from '../thread-beside.ts';
import { type HashAnswer, type HashRequest, hashWork } from './file-hash-work.ts';
import type { Source } from './source.ts';

interface Held {
  memory: SharedArrayBuffer;
  offset: number;
  length: number;
  release: () => void;
}

export class FileHash implements AsyncDisposable {
  readonly #source: Source;
  readonly #thread: HashThread;
  /** Everything before is hashed or on its way to the thread. */
  #front = 0;
  readonly #held = new Map<number, Held>();
  #heldBytes = 0;
  /** Where stretches begin that must be read again, with their ends. */
  readonly #unheld = new Map<number, number>();
  #failure: { error: unknown } | null = null;

  constructor(source: Source) {
    this.#source = source;
    const worker =
      source.sizeBytes <= INLINE_HASH_BYTES ? null : threadBeside('file-hash-worker', import.meta.url);
    this.#thread = worker === null ? inlineThread() : new WorkerThread(worker);
  }

  /**
   * Bytes of the file from `position` on, each offered once, in stretches that do not overlap. Resolves when the memory
   * may be used for something else; a failure comes out of `digest`.
   */
  offer(memory: SharedArrayBuffer, offset: number, length: number, position: number): Promise<void> {
    if (length === 0 || this.#failure !== null) {
      return Promise.resolve();
    }
    if (position !== this.#front && this.#heldBytes + length > HELD_FOR_HASH_BYTES) {
      this.readAgain(position, position + length);
      return Promise.resolve();
    }
    return new Promise((release) => {
      this.#held.set(position, { memory, offset, length, release });
      this.#heldBytes += length;
      this.#advance();
    });
  }

  /** A stretch that nobody offers, since it is there already. */
  readAgain(start: number, end: number): void {
    if (start >= end) {
      return;
    }
    this.#unheld.set(start, end);
    this.#advance();
  }

  /** Of the whole file, lowercase hexadecimal; once everything was offered or is to be read again. */
  async digest(): Promise<string> {
    if (this.#front !== this.#source.sizeBytes && this.#failure === null) {
      throw new Error(`Only ${this.#front} of ${this.#source.sizeBytes} bytes were given to the hash.`);
    }
    const digest = await this.#ask({ kind: 'digest' });
    if (this.#failure !== null) {
      throw this.#failure.error;
    }
    return digest!;
  }

  /** Of a stretch by itself; `digest` is not disturbed. */
  async digestOf(start: number, end: number): Promise<string> {
    return (await this.#ask({ kind: 'part', fd: this.#source.fd, start, end }))!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.close();
  }

  #advance(): void {
    for (;;) {
      const held = this.#held.get(this.#front);
      const unheldEnd = this.#unheld.get(this.#front);
      if (held !== undefined) {
        const { memory, offset, length, release } = held;
        this.#held.delete(this.#front);
        this.#front += length;
        this.#do({ kind: 'piece', memory, offset, length }, () => {
          this.#heldBytes -= length;
          release();
        });
      } else if (unheldEnd !== undefined) {
        this.#unheld.delete(this.#front);
        const start = this.#front;
        this.#front = unheldEnd;
        this.#do({ kind: 'stretch', fd: this.#source.fd, start, end: unheldEnd }, () => {});
      } else {
        return;
      }
    }
  }

  #do(request: HashRequest, release: () => void): void {
    this.#ask(request)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(release);
  }

  async #ask(request: HashRequest): Promise<string | null> {
    const { digest, shortAt } = await this.#thread.ask(request);
    if (shortAt !== undefined) {
      throw this.#source.shorter(shortAt);
    }
    return digest;
  }
}

interface HashThread {
  ask(request: HashRequest): Promise<HashAnswer>;
  close(): Promise<void>;
}

/** Little is hashed on the spot: a thread would take longer to start. So is all where there can be no thread. */
function inlineThread(): HashThread {
  const work = hashWork();
  return { ask: async (request) => work(request), close: async () => {} };
}

interface Pending {
  resolve: (answer: HashAnswer) => void;
  reject: (error: unknown) => void;
}

class WorkerThread implements HashThread {
  readonly #worker: Worker;
  readonly #pending: Pending[] = [];
  #failure: unknown = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#worker.on('message', (answer: HashAnswer) => this.#pending.shift()?.resolve(answer));
    this.#worker.on('error', (error) => this.#fail(error));
  }

  ask(request: HashRequest): Promise<HashAnswer> {
    if (this.#failure !== null) {
      return Promise.reject(this.#failure);
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#fail(new Error('The hash was ended.'));
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.splice(0)) {
      reject(error);
    }
  }
}
