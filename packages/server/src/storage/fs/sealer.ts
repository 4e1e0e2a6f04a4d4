import { closeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { copyInto } from '@quarry/agent/files/copy-file';
import { openAgain, openEntry, openTrusted, statOf } from '@quarry/agent/files/door';
import { rawOf } from '@quarry/agent/files/raw-name';
import type { HashThreads } from '../hash-threads.ts';
import { BlobMismatchError, type BlobStat } from '../storage.ts';
import type { BlobDirectories } from './directories.ts';
import { asStorageError } from './errors.ts';
import { hashFile } from './hash-file.ts';
import { requireRoom } from './receive.ts';
import { putSealed } from './unsealed.ts';

/** Fewer than Node's pool has threads: uploads and downloads share it. Each holds some 3 MiB. */
const SEALED_AT_ONCE = 2;
const STAT_BLOCK_BYTES = 512n;

export interface SealerOptions {
  threads: HashThreads;
  directories: BlobDirectories;
  /** Free bytes below which nothing is copied. */
  reserveBytes: number;
  /** When the store is closed. */
  closing: AbortSignal;
  withTemporary: <T>(work: (path: string) => Promise<T>) => Promise<T>;
}

/** Makes sealed blobs of files that others may hold open, see unsealed.ts. */
export class Sealer {
  readonly #options: SealerOptions;
  #atWork = 0;
  readonly #waiting: Array<() => void> = [];

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /**
   * Puts a copy of an open file in the place of a blob, once its bytes have proved to be those of the digest.
   * BlobMismatchError when they are others, and then, as after any failure, everything is as it was.
   */
  async sealFrom(fd: number, words: string, blob: BlobStat): Promise<void> {
    await this.#takePlace();
    try {
      this.#options.closing.throwIfAborted();
      await this.#options.withTemporary(async (temporary) => {
        await this.#copyVerified(fd, words, blob, temporary);
        await putSealed(temporary, blob.sha512, this.#options.directories);
      });
    } catch (error) {
      // Its threads end with the store, and would be to blame.
      this.#options.closing.throwIfAborted();
      throw asStorageError(error, `copying ${words}`);
    } finally {
      this.#givePlace();
    }
  }

  /** The same with the file that lies there. */
  async sealInPlace(blob: BlobStat): Promise<void> {
    let fd: number;
    try {
      fd = openBlob(this.#options.directories.locate(blob.sha512));
    } catch (error) {
      throw asStorageError(error, 'opening a blob');
    }
    try {
      await this.sealFrom(fd, `The blob ${blob.sha512.slice(0, 12)}…`, blob);
    } finally {
      closeSync(fd);
    }
  }

  async #copyVerified(
    source: number,
    words: string,
    { sha512, sizeBytes }: BlobStat,
    path: string,
  ): Promise<void> {
    const { closing: signal, reserveBytes, threads } = this.#options;
    const { size, blocks } = statOf(source);
    const onDisk = blocks * STAT_BLOCK_BYTES;
    await requireRoom({ path, reserveBytes }, Number(onDisk < size ? onDisk : size));
    const directory = openTrusted(dirname(path));
    try {
      // Whoever holds it may have made it longer, beyond all bounds.
      await copyInto(source, directory, rawOf(basename(path)), { signal, maxBytes: sizeBytes });
    } finally {
      closeSync(directory);
    }
    await using copy = await open(path, 'r');
    const copied = await copy.stat();
    // The copy is compared, which nobody else can change.
    const isSame = copied.size === sizeBytes && (await hashFile(path, threads, signal)).sha512 === sha512;
    if (!isSame) {
      throw new BlobMismatchError(`${words} was changed after it had been hashed.`);
    }
    await copy.chmod(0o444);
    await copy.sync();
  }

  async #takePlace(): Promise<void> {
    if (this.#atWork < SEALED_AT_ONCE) {
      this.#atWork += 1;
    } else {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #givePlace(): void {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#atWork -= 1;
    }
  }
}

/** Opens the file in the place of a blob for reading, no link. */
function openBlob(path: string): number {
  const directory = openTrusted(dirname(path));
  try {
    const entry = openEntry(directory, rawOf(basename(path)));
    try {
      return openAgain(entry);
    } finally {
      closeSync(entry);
    }
  } finally {
    closeSync(directory);
  }
}
