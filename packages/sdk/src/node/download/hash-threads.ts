import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { threadBeside } from '../thread-beside.ts';
import { type HashAnswer, type HashRequest, hashHere } from './hash-work.ts';

/** More than these hash faster than any link brings bytes. */
const MOST_THREADS = 4;

/** SHA-512 of a file whose bytes are given in order; memory must stay untouched until its promise resolves. */
export interface FileHash extends Disposable {
  update(memory: SharedArrayBuffer, length: number): Promise<unknown>;
  /** The next bytes, from an open file. */
  read(fd: number, start: number, end: number): Promise<unknown>;
  /** Lowercase hexadecimal. */
  digest(): Promise<string>;
}

/** Threads that hash, made when they are first needed; one core is left to receive and write. */
export class HashThreads implements Disposable {
  readonly #threads: HashThread[] = [];
  readonly #most = Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1));
  #lastId = 0;

  /** A new hash, on the thread that has the fewest. */
  open(): FileHash {
    const thread = this.#pick();
    this.#lastId += 1;
    const id = this.#lastId;
    thread.files += 1;
    let isOpen = true;
    const close = () => {
      if (isOpen) {
        thread.files -= 1;
      }
      isOpen = false;
    };
    return {
      update: (memory, length) => thread.ask({ id, memory, length }),
      read: (fd, start, end) => thread.ask({ id, fd, start, end }),
      digest: async () => {
        close();
        return String(await thread.ask({ id, digest: true }));
      },
      [Symbol.dispose]: () => {
        // Nobody waits for this answer: the thread may be gone by then.
        if (isOpen) {
          thread.ask({ id, digest: false }).catch(() => {});
        }
        close();
      },
    };
  }

  /** SHA-512 of each part of `partBytes` between two bytes of an open file, the last one shorter. */
  async digestsOf(fd: number, start: number, end: number, partBytes: number): Promise<string[]> {
    return (await this.#pick().ask({ fd, start, end, partBytes })) as string[];
  }

  [Symbol.dispose](): void {
    for (const thread of this.#threads) {
      thread[Symbol.dispose]();
    }
  }

  #pick(): HashThread {
    const idlest = this.#threads.toSorted((a, b) => a.files - b.files)[0];
    if (idlest !== undefined && (idlest.files === 0 || this.#threads.length >= this.#most)) {
      return idlest;
    }
    const thread = new HashThread();
    this.#threads.push(thread);
    return thread;
  }
}

interface Pending {
  resolve: (value: string | string[] | null) => void;
  reject: (error: unknown) => void;
}

class HashThread implements Disposable {
  /** Hashes that are open on it. */
  files = 0;
  /** Null where none can be: then this one hashes. */
  readonly #worker: Worker | null;
  readonly #pending: Pending[] = [];
  #failure: unknown = null;

  constructor() {
    this.#worker = threadBeside('hash-worker', import.meta.url);
    this.#worker?.on('message', (answer: HashAnswer) => {
      const pending = this.#pending.shift();
      if ('error' in answer) {
        pending?.reject(answer.error);
      } else {
        pending?.resolve(answer.value);
      }
    });
    this.#worker?.on('error', (error) => this.#fail(error));
  }

  ask(request: HashRequest): Promise<string | string[] | null> {
    if (this.#failure !== null) {
      return Promise.reject(this.#failure);
    }
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      if (worker === null) {
        const answer = hashHere(request);
        return 'error' in answer ? reject(answer.error) : resolve(answer.value);
      }
      this.#pending.push({ resolve, reject });
      worker.postMessage(request);
    });
  }

  [Symbol.dispose](): void {
    this.#fail(new Error('The hashing thread has been ended.'));
    void this.#worker?.terminate();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.splice(0)) {
      reject(error);
    }
  }
}
