import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { StorageError } from './storage.ts';

export type HashRequest =
  | { type: 'update'; stream: number; block: SharedArrayBuffer; length: number }
  | { type: 'read'; stream: number; path: string; position: number; length: number }
  | { type: 'digest'; stream: number }
  | { type: 'abandon'; stream: number };

/** One for each `update` and `read` (digest null) and for `digest`, in the order of the requests of that stream. */
export interface HashReply {
  stream: number;
  digest: string | null;
  /** Why a `read` failed, in words. */
  failure?: string;
}

/** SHA-512 of bytes that arrive in blocks, computed on another thread. */
export interface StreamingHash {
  /** Resolves when the first `length` bytes of the block are hashed and the block may be used again. */
  update(block: SharedArrayBuffer, length: number): Promise<void>;
  /** Resolves when a stretch of a file, read by the thread itself, is hashed. The file must stay what it is meanwhile. */
  read(path: string, position: number, length: number): Promise<void>;
  digest(): Promise<string>;
  /** Forgets the stream and rejects what is asked of it still; harmless after `digest`. */
  abandon(): void;
}

const MAX_THREADS = 4;
/** A thread holds some 10 MiB, so idle ones are let go. */
const IDLE_MILLISECONDS = 30_000;

/** A small pool of hashing threads, started when first needed and let go when idle. */
export class HashThreads {
  readonly #threads: HashThread[] = [];
  readonly #maxThreads = Math.min(MAX_THREADS, availableParallelism());
  #closed = false;

  open(): StreamingHash {
    if (this.#closed) {
      throw new StorageError('The file store is closed.');
    }
    const idlest = this.#threads.toSorted((a, b) => a.streams - b.streams)[0];
    if (idlest !== undefined && (idlest.streams === 0 || this.#threads.length >= this.#maxThreads)) {
      return idlest.open();
    }
    const thread = new HashThread(() => {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) {
        this.#threads.splice(at, 1);
      }
    });
    this.#threads.push(thread);
    return thread.open();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }
}

interface Waiting {
  resolve(digest: string | null): void;
  reject(error: Error): void;
}

class HashThread {
  streams = 0;
  #nextStream = 1;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #waiting = new Map<number, Waiting[]>();
  readonly #worker = new Worker(workerFile());
  readonly #onGone: () => void;

  constructor(onGone: () => void) {
    this.#onGone = onGone;
    this.#worker.on('message', ({ stream, digest, failure }: HashReply) => {
      const waiting = this.#waiting.get(stream)?.shift();
      if (failure === undefined) {
        waiting?.resolve(digest);
      } else {
        waiting?.reject(new StorageError(`The bytes to hash could not be read: ${failure}`));
      }
    });
    this.#worker.on('error', (cause) => this.#gone(cause));
    this.#worker.on('exit', () => this.#gone(undefined));
  }

  open(): StreamingHash {
    clearTimeout(this.#idleTimer);
    const stream = this.#nextStream++;
    const waiting: Waiting[] = [];
    this.#waiting.set(stream, waiting);
    this.streams += 1;
    // Only a stream that is open is a reason for the process to live on.
    this.#worker.ref();
    const ask = (request: HashRequest) =>
      new Promise<string | null>((resolve, reject) => {
        if (!this.#waiting.has(stream)) {
          return reject(new StorageError('The hashing thread is gone.'));
        }
        waiting.push({ resolve, reject });
        this.#worker.postMessage(request);
      });
    const abandon = () => {
      if (!this.#waiting.delete(stream)) {
        return;
      }
      for (const { reject } of waiting.splice(0)) {
        reject(new StorageError('The hashing was given up.'));
      }
      this.#worker.postMessage({ type: 'abandon', stream } satisfies HashRequest);
      this.#closeStream();
    };
    return {
      update: async (block, length) => {
        await ask({ type: 'update', stream, block, length });
      },
      read: async (path, position, length) => {
        await ask({ type: 'read', stream, path, position, length });
      },
      digest: async () => {
        const digest = await ask({ type: 'digest', stream });
        abandon();
        return digest!;
      },
      abandon,
    };
  }

  async terminate(): Promise<void> {
    clearTimeout(this.#idleTimer);
    await this.#worker.terminate();
  }

  #closeStream(): void {
    this.streams -= 1;
    if (this.streams > 0) {
      return;
    }
    this.#worker.unref();
    this.#idleTimer = setTimeout(() => {
      // Out of the pool first: a stream opened while the thread ends must not land on it.
      this.#onGone();
      void this.terminate();
    }, IDLE_MILLISECONDS).unref();
  }

  #gone(cause: unknown): void {
    this.#onGone();
    const error = new StorageError('The hashing thread ended before its work was done.', { cause });
    for (const waiting of this.#waiting.values()) {
      for (const { reject } of waiting) {
        reject(error);
      }
    }
    this.#waiting.clear();
  }
}

/** Node runs the source in a checkout and the compiled file in a published package. */
function workerFile(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./hash-worker.${extension}`, import.meta.url);
}
