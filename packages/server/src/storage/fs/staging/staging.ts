import { constants } from 'node:fs';
import { chmod, copyFile, lstat, open, readdir, rename, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { HashThreads } from '../../hash-threads.ts';
import {
  type BlobReader,
  StagedMissingError,
  type StagedStat,
  type StagedWrite,
  type StagedWriteOptions,
  StorageFullError,
} from '../../storage.ts';
import { syncDirectory } from '../directories.ts';
import { asStorageError, systemCode } from '../errors.ts';
import { readerOf } from '../reader.ts';
import { StagedFile } from './staged-file.ts';
import { writeStretch } from './write-stretch.ts';

const NAME = /^[A-Za-z0-9]{1,64}$/;
/** Blocks as `stat` counts them, whatever the file system's own are. */
const STAT_BLOCK_BYTES = 512;
/** How long the hash of what has arrived so far is kept for whoever goes on. */
const IDLE_MILLISECONDS = 10 * 60_000;

export interface StagingOptions {
  /** Holds the staged files, each under its name. */
  directory: string;
  threads: HashThreads;
  reserveBytes: number;
  /** Breaks off what is being written. */
  closing: AbortSignal;
  /** A temporary file on the same file system; it is gone afterwards unless it was renamed. */
  withTemporary: <Result>(work: (path: string) => Promise<Result>) => Promise<Result>;
}

/** Files that are made as large as they will be, and filled in any order. */
export class Staging {
  readonly #options: StagingOptions;
  readonly #files = new Map<string, { file: StagedFile; idleTimer: NodeJS.Timeout | undefined }>();
  /** How much of the disk each of them has yet to take; null until it was looked at. */
  #unwritten: Promise<Map<string, number>> | null = null;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: StagingOptions) {
    this.#options = options;
  }

  async stage(name: string, sizeBytes: number): Promise<void> {
    const path = this.#pathOf(name);
    const unwritten = await this.#look();
    unwritten.set(name, sizeBytes);
    let isMade = false;
    try {
      await this.#requireRoom(sizeBytes);
      const handle = await open(path, 'wx', 0o600);
      isMade = true;
      try {
        await handle.truncate(sizeBytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncDirectory(this.#options.directory);
    } catch (error) {
      if (isMade) {
        await unlink(path).catch(() => undefined);
      }
      unwritten.delete(name);
      throw asStorageError(error, 'staging an upload');
    }
  }

  async write(
    name: string,
    position: number,
    source: AsyncIterable<Uint8Array>,
    options: StagedWriteOptions,
  ): Promise<StagedWrite> {
    const { closing } = this.#options;
    const signal = options.signal === undefined ? closing : AbortSignal.any([closing, options.signal]);
    const file = this.#take(name);
    const checkRoom = async () => {
      await this.#note(name);
      await this.#requireRoom(0);
    };
    const writing = file
      .use(() => writeStretch(file, position, source, { ...options, signal, checkRoom }))
      .finally(() => this.#letGo(name, file));
    this.#underWay.add(writing);
    try {
      return await writing;
    } catch (error) {
      throw systemCode(error) === 'ENOENT'
        ? new StagedMissingError(name)
        : asStorageError(error, 'opening an upload');
    } finally {
      this.#underWay.delete(writing);
    }
  }

  async open(name: string): Promise<BlobReader> {
    try {
      return await readerOf(await open(this.#pathOf(name), 'r'));
    } catch (error) {
      throw systemCode(error) === 'ENOENT'
        ? new StagedMissingError(name)
        : asStorageError(error, 'opening an upload');
    }
  }

  /** What a staged file is, all of whose bytes are there. Rejects with the signal's reason, and goes on hashing. */
  async identify(
    name: string,
    signal?: AbortSignal,
  ): Promise<{ path: string; sha512: string; sizeBytes: number }> {
    const path = this.#pathOf(name);
    const found = await this.#stat(name);
    if (found === null) {
      throw new StagedMissingError(name);
    }
    const file = this.#take(name);
    const digesting = file.hash.digest(found.sizeBytes).finally(() => this.#letGo(name, file));
    digesting.catch(() => undefined);
    const sha512 = await unlessAborted(digesting, signal);
    return { path, sha512, sizeBytes: found.sizeBytes };
  }

  async discard(name: string): Promise<void> {
    const known = this.#files.get(name);
    this.#files.delete(name);
    clearTimeout(known?.idleTimer);
    known?.file.hash.abandon();
    try {
      await unlink(this.#pathOf(name));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        throw asStorageError(error, 'discarding an upload');
      }
    }
    if (this.#unwritten !== null) {
      (await this.#unwritten).delete(name);
    }
  }

  async list(): Promise<StagedStat[]> {
    const found: StagedStat[] = [];
    const names = await readdir(this.#options.directory).catch((error: unknown) => {
      throw asStorageError(error, 'listing uploads');
    });
    for (const name of names) {
      const staged = NAME.test(name) ? await this.#stat(name) : null;
      if (staged !== null) {
        found.push(staged);
      }
    }
    return found;
  }

  /** Resolves when nothing is being written any more. */
  async whenIdle(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
    for (const { idleTimer } of this.#files.values()) {
      clearTimeout(idleTimer);
    }
    this.#files.clear();
  }

  #take(name: string): StagedFile {
    const path = this.#pathOf(name);
    const known = this.#files.get(name);
    clearTimeout(known?.idleTimer);
    if (known !== undefined) {
      return known.file;
    }
    const file = new StagedFile(path, this.#options.threads, () => this.#openForWriting(path));
    this.#files.set(name, { file, idleTimer: undefined });
    return file;
  }

  #letGo(name: string, file: StagedFile): void {
    const known = this.#files.get(name);
    if (known?.file !== file) {
      // Discarded meanwhile.
      if (!file.isInUse) {
        file.hash.abandon();
      }
      return;
    }
    if (file.isInUse) {
      return;
    }
    clearTimeout(known.idleTimer);
    known.idleTimer = setTimeout(() => {
      this.#files.delete(name);
      file.hash.abandon();
    }, IDLE_MILLISECONDS).unref();
    void this.#note(name).catch(() => undefined);
  }

  /** A file that became a blob which was given up again may share its bytes with another blob, or be read-only. */
  async #openForWriting(path: string) {
    const { nlink, mode } = await lstat(path);
    if (nlink > 1) {
      await this.#options.withTemporary(async (temporary) => {
        await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        await chmod(temporary, 0o600);
        const copy = await open(temporary, 'r+');
        await copy.sync().finally(() => copy.close());
        await rename(temporary, path);
        await syncDirectory(this.#options.directory);
      });
    } else if ((mode & 0o200) === 0) {
      await chmod(path, 0o600);
    }
    return await open(path, 'r+');
  }

  /** Refuses what would take the room that is in reserve, or that what is staged has yet to take. */
  async #requireRoom(neededBytes: number): Promise<void> {
    const { directory, reserveBytes } = this.#options;
    const { bavail, bsize } = await statfs(directory);
    const freeBytes = bavail * bsize;
    let keptBytes = reserveBytes;
    if (neededBytes > 0) {
      for (const unwritten of (await this.#look()).values()) {
        keptBytes += unwritten;
      }
      keptBytes -= neededBytes;
    }
    if (freeBytes - neededBytes >= keptBytes) {
      return;
    }
    throw new StorageFullError(
      `The disk of the file store has ${freeBytes} bytes free, of which ${keptBytes} are kept for other uploads and in reserve: too few for ${neededBytes} more.`,
    );
  }

  #look(): Promise<Map<string, number>> {
    if (this.#unwritten === null) {
      const looking = this.list().then(
        (all) => new Map(all.map(({ name, sizeBytes, writtenBytes }) => [name, sizeBytes - writtenBytes])),
      );
      this.#unwritten = looking;
      // Kept, a failure of one moment would be that of every upload to come.
      looking.catch(() => {
        if (this.#unwritten === looking) {
          this.#unwritten = null;
        }
      });
    }
    return this.#unwritten;
  }

  /** Looks again how much a staged file has yet to take. */
  async #note(name: string): Promise<void> {
    if (this.#unwritten === null) {
      return;
    }
    const unwritten = await this.#unwritten;
    const found = await this.#stat(name);
    if (found === null) {
      unwritten.delete(name);
    } else {
      unwritten.set(name, found.sizeBytes - found.writtenBytes);
    }
  }

  async #stat(name: string): Promise<StagedStat | null> {
    try {
      const { size, blocks } = await lstat(this.#pathOf(name));
      return { name, sizeBytes: size, writtenBytes: Math.min(size, blocks * STAT_BLOCK_BYTES) };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        return null;
      }
      throw asStorageError(error, 'looking at an upload');
    }
  }

  #pathOf(name: string): string {
    if (!NAME.test(name)) {
      throw new TypeError(`Not a name of staged bytes: ${JSON.stringify(name)}`);
    }
    return join(this.#options.directory, name);
  }
}

async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) {
    return await work;
  }
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
