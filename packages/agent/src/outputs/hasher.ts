import { closeSync, fsync } from 'node:fs';
import { promisify } from 'node:util';
import { stampOf, statOf } from '../files/door.ts';
import { HashMeter } from './hash-meter.ts';

const flush = promisify(fsync);

export interface Digest {
  sha512: string;
  sizeBytes: number;
  /** Of the file as it was hashed, see `stampOf`. */
  stamp: string;
}

/** The code of the error for a file that was changed while it was hashed. */
export const CHANGED = 'CHANGED_MEANWHILE';

export interface HashOptions {
  /** In this thread, for what is small. */
  inline: boolean;
  signal: AbortSignal;
  meter?: HashMeter;
}

interface Waiting {
  resolve: (sha512: string | null) => void;
  reject: (error: Error) => void;
}

interface WorkerReply {
  id: number;
  sha512: string | null;
  error?: { message: string; code?: string };
}

/** Hashes and flushes open files, in a worker thread that is started for the first large one and then kept. */
export class Hasher {
  #worker: Promise<import('node:worker_threads').Worker> | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #hashFile: Promise<typeof import('./hash-file.ts')> | null = null;

  /** Loads what hashing needs, 10 ms of cryptography, while a command runs and not before it starts. */
  prepare(): void {
    this.#hashFile ??= import('./hash-file.ts');
  }

  /**
   * SHA-512 and size of a regular file, read once, flushed to the disk and then closed. Rejects with the code CHANGED when
   * somebody still writes to it, and unless inline with the signal's reason as soon as that comes; the file is closed
   * when nobody reads it any more.
   */
  async hash(fd: number, { inline, signal, meter = new HashMeter() }: HashOptions): Promise<Digest> {
    const work = this.#hashAndFlush(fd, inline, meter).finally(() => closeSync(fd));
    if (inline) {
      return work;
    }
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => {
      meter.abort();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) {
      abort();
    }
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Ends the worker; what it was hashing is closed and rejected. */
  async close(): Promise<void> {
    await (await this.#worker)?.terminate();
    this.#rejectAll(new Error('the hasher was closed'));
  }

  async #hashAndFlush(fd: number, inline: boolean, meter: HashMeter): Promise<Digest> {
    const stats = statOf(fd);
    const sizeBytes = Number(stats.size);
    const sha512 = await (inline
      ? this.#hashHere(fd, sizeBytes, meter)
      : this.#hashThere(fd, sizeBytes, meter));
    await flush(fd);
    const stamp = stampOf(statOf(fd));
    if (sha512 === null || stamp !== stampOf(stats)) {
      throw Object.assign(new Error('it was changed while it was read'), { code: CHANGED });
    }
    return { sha512, sizeBytes, stamp };
  }

  async #hashHere(fd: number, sizeBytes: number, meter: HashMeter): Promise<string | null> {
    this.prepare();
    return (await this.#hashFile!).hashFile(fd, sizeBytes, meter);
  }

  async #hashThere(fd: number, sizeBytes: number, meter: HashMeter): Promise<string | null> {
    this.#worker ??= this.#start();
    const worker = await this.#worker;
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, fd, sizeBytes, shared: meter.shared });
    });
  }

  async #start(): Promise<import('node:worker_threads').Worker> {
    const { Worker } = await import('node:worker_threads');
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./hash-worker.${extension}`, import.meta.url));
    worker.unref();
    worker.on('message', ({ id, sha512, error }: WorkerReply) => {
      const { resolve, reject } = this.#waiting.get(id)!;
      this.#waiting.delete(id);
      error === undefined ? resolve(sha512) : reject(Object.assign(new Error(error.message), error));
    });
    worker.on('error', (error) => {
      this.#rejectAll(error as Error);
      this.#worker = null;
    });
    return worker;
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}
