export interface Digest {
  sha512: string;
  sizeBytes: number;
}

interface Waiting {
  resolve: (digest: Digest) => void;
  reject: (error: Error) => void;
}

interface WorkerReply {
  id: number;
  digest?: Digest;
  error?: { message: string; code?: string };
}

/** Hashes files, in a worker thread that is started for the first large one and then kept. */
export class Hasher {
  #worker: Promise<import('node:worker_threads').Worker> | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #hashFile: Promise<typeof import('./hash-file.ts')> | null = null;

  /** Loads what hashing needs, 10 ms of cryptography, while a command runs and not before it starts. */
  prepare(): void {
    this.#hashFile ??= import('./hash-file.ts');
  }

  async hash(path: string, { inline }: { inline: boolean }): Promise<Digest> {
    if (inline) {
      this.prepare();
      return (await this.#hashFile!).hashFile(path);
    }
    this.#worker ??= this.#start();
    const worker = await this.#worker;
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, path });
    });
  }

  async close(): Promise<void> {
    await (await this.#worker)?.terminate();
  }

  async #start(): Promise<import('node:worker_threads').Worker> {
    const { Worker } = await import('node:worker_threads');
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./hash-worker.${extension}`, import.meta.url));
    worker.unref();
    worker.on('message', ({ id, digest, error }: WorkerReply) => {
      const { resolve, reject } = this.#waiting.get(id)!;
      this.#waiting.delete(id);
      digest === undefined ? reject(Object.assign(new Error(error!.message), error)) : resolve(digest);
    });
    worker.on('error', (error) => {
      for (const { reject } of this.#waiting.values()) {
        reject(error as Error);
      }
      this.#waiting.clear();
      this.#worker = null;
    });
    return worker;
  }
}
