import type { FileHandle } from 'node:fs/promises';
import type { HashThreads } from '../../hash-threads.ts';
import { PrefixHash } from './prefix-hash.ts';

/** A staged file in use: opened once for all who write to it, synced once for all who wait for that. */
export class StagedFile {
  readonly path: string;
  readonly hash: PrefixHash;
  readonly #open: () => Promise<FileHandle>;
  #handle: Promise<FileHandle> | undefined;
  #writers = 0;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;
  /** A disk that fails to sync forgets what it was to write: a later sync would not tell any more. */
  #failure: { error: unknown } | undefined;

  constructor(path: string, threads: HashThreads, openForWriting: () => Promise<FileHandle>) {
    this.path = path;
    this.hash = new PrefixHash(path, threads);
    this.#open = openForWriting;
  }

  get isInUse(): boolean {
    return this.#writers > 0;
  }

  /** Runs `work` with the file open. */
  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#writers += 1;
    this.#handle ??= this.#open();
    const handle = this.#handle;
    try {
      await handle;
      return await work();
    } finally {
      this.#writers -= 1;
      if (this.#writers === 0) {
        this.#handle = undefined;
        this.#failure = undefined;
        await (await handle.catch(() => undefined))?.close();
      }
    }
  }

  /** Writes chunks one behind the other, all of them. */
  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const handle = (await this.#handle)!;
    let { bytesWritten } = await handle.writev(chunks as Uint8Array[], position);
    const total = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    if (bytesWritten === total) {
      return;
    }
    const rest = Buffer.concat(chunks).subarray(bytesWritten);
    for (let at = position + bytesWritten, left = rest; left.byteLength > 0; ) {
      ({ bytesWritten } = await handle.write(left, 0, left.byteLength, at));
      at += bytesWritten;
      left = left.subarray(bytesWritten);
    }
  }

  /** Resolves when everything that was written before this call is durable. */
  async sync(): Promise<void> {
    // The one under way may have begun before the last write: the next one will not have.
    this.#nextSync ??= (this.#syncing ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.#syncing = this.#nextSync;
        this.#nextSync = undefined;
        return this.#syncOnce();
      });
    await this.#nextSync;
  }

  async #syncOnce(): Promise<void> {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
    try {
      await (await this.#handle)!.datasync();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}
