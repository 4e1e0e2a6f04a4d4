import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HashAnswer, HashRequest } from './hash-worker.ts';

/** Bytes up to here are hashed on the spot: a thread would take longer to start. */
const INLINE_HASH_BYTES = 8 * 1024 * 1024;

/** SHA-512 of pieces of shared memory given in order; a piece must stay untouched until its promise resolves. */
export interface SequentialHash extends Disposable {
  update(memory: SharedArrayBuffer, offset: number, length: number): Promise<void>;
  /** Lowercase hexadecimal. */
  digest(): Promise<string>;
}

/** A hash on its own thread, or in place when there is little to do. */
export function openHash(sizeBytes: number): SequentialHash {
  return sizeBytes <= INLINE_HASH_BYTES ? inlineHash() : new HashThread();
}

function inlineHash(): SequentialHash {
  const hash = createHash('sha512');
  return {
    update: async (memory, offset, length) => {
      hash.update(new Uint8Array(memory, offset, length));
    },
    digest: async () => hash.digest('hex'),
    [Symbol.dispose]: () => {},
  };
}

interface Pending {
  resolve: (answer: HashAnswer) => void;
  reject: (error: unknown) => void;
}

class HashThread implements SequentialHash {
  readonly #worker: Worker;
  readonly #pending: Pending[] = [];
  #failure: unknown = null;

  constructor() {
    // The worker has this file's own ending: .ts in development, .js once compiled.
    const own = import.meta.url;
    this.#worker = new Worker(new URL(`./hash-worker${extname(own)}`, own));
    this.#worker.on('message', (answer: HashAnswer) => this.#pending.shift()?.resolve(answer));
    this.#worker.on('error', (error) => {
      this.#failure = error;
      for (const { reject } of this.#pending.splice(0)) reject(error);
    });
  }

  async update(memory: SharedArrayBuffer, offset: number, length: number): Promise<void> {
    await this.#ask({ memory, offset, length });
  }

  async digest(): Promise<string> {
    return String(await this.#ask(null));
  }

  [Symbol.dispose](): void {
    void this.#worker.terminate();
  }

  #ask(request: HashRequest): Promise<HashAnswer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }
}
