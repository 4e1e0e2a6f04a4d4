import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, opendir, readdir, statfs, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { HashThreads } from '../hash-threads.ts';
import { Holds } from '../holds.ts';
import {
  BlobMismatchError,
  BlobMissingError,
  type BlobReader,
  type BlobStat,
  type BlobVerdict,
  type HeldBlob,
  isSha512,
  type LocalFile,
  type ReceiveOptions,
  type StagedStat,
  type StagedWrite,
  type StagedWriteOptions,
  type Storage,
  StorageClosingError,
  StorageError,
} from '../storage.ts';
import { BlobDirectories, syncDirectory, UNSEALED } from './directories.ts';
import { linkOrCopy, makeDurable } from './durable-files.ts';
import { asStorageError, systemCode } from './errors.ts';
import { hashFile } from './hash-file.ts';
import { Packs } from './packs/packs.ts';
import { readerOf } from './reader.ts';
import { receiveIntoFile } from './receive.ts';
import { Sealer } from './sealer.ts';
import { bytesOf, SMALL_COPIES_BYTES, type SmallCopy, sealSmall } from './small-copies.ts';
import { Staging } from './staging/staging.ts';
import { Sources, SourceToCopy, takeOver } from './take-over.ts';
import { putSealed, Unsealed } from './unsealed.ts';

export interface FsStorageOptions {
  /** Holds `blobs/`, `incoming/` and `staged/`, which must be one file system; they are made when missing. */
  directory: string;
  /** Free bytes below which uploads are refused, so that others on the same disk can still write. */
  reserveBytes?: number;
}

/** What the database beside the blobs needs to say that the disk is full. */
const DEFAULT_RESERVE_BYTES = 16 * 1024 * 1024;
/** Reads this large keep up with nginx; 64 KiB take twice as long. */
const READ_BYTES = 1024 * 1024;
/** Each takes some ten microseconds, unless it must be copied. */
const ADOPTED_AT_ONCE = 32;

/** Opens the store in a directory. Nothing in it changes by that: another process may be at work there. */
export async function openFsStorage(options: FsStorageOptions): Promise<Storage> {
  const storage = new FsStorage(options);
  await storage.prepare();
  return storage;
}

/**
 * Blobs as read-only files `blobs/ab/<sha512>`, or `<sha512>.job` where the inode came from a job; `incoming/` holds what
 * is not yet whole, `staged/` what several requests make whole, `packs/` many small blobs.
 */
class FsStorage implements Storage {
  readonly #blobs: string;
  readonly #incoming: string;
  readonly #staged: string;
  readonly #reserveBytes: number;
  readonly #directories: BlobDirectories;
  readonly #unsealed: Unsealed;
  readonly #sealer: Sealer;
  readonly #holds = new Holds();
  readonly #threads = new HashThreads();
  readonly #underWay = new Set<string>();
  readonly #closing = new AbortController();
  readonly #packs: Packs;
  readonly #staging: Staging;

  constructor({ directory, reserveBytes = DEFAULT_RESERVE_BYTES }: FsStorageOptions) {
    this.#blobs = join(directory, 'blobs');
    this.#incoming = join(directory, 'incoming');
    this.#directories = new BlobDirectories(this.#blobs);
    this.#reserveBytes = reserveBytes;
    this.#unsealed = new Unsealed(join(directory, 'unsealed-since'));
    this.#sealer = new Sealer({
      threads: this.#threads,
      directories: this.#directories,
      reserveBytes,
      closing: this.#closing.signal,
      withTemporary: (work) => this.#withTemporary(work),
    });
    this.#packs = new Packs({
      directory: join(directory, 'packs'),
      incoming: this.#incoming,
      directories: this.#directories,
      unsealed: this.#unsealed,
      holds: this.#holds,
      reserveBytes,
    });
    this.#staged = join(directory, 'staged');
    this.#staging = new Staging({
      directory: this.#staged,
      threads: this.#threads,
      reserveBytes,
      closing: this.#closing.signal,
      withTemporary: (work) => this.#withTemporary(work),
    });
  }

  async prepare(): Promise<void> {
    try {
      await mkdir(this.#blobs, { recursive: true });
      await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
      await this.#packs.prepare();
      await mkdir(this.#staged, { recursive: true, mode: 0o700 });
      await syncDirectory(dirname(this.#blobs));
    } catch (error) {
      throw asStorageError(error, 'opening the file store');
    }
  }

  async receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions = {}): Promise<HeldBlob> {
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    return await this.#withTemporary(async (path) => {
      const incoming = { path, threads: this.#threads, reserveBytes: this.#reserveBytes };
      const blob = await receiveIntoFile(source, incoming, { ...options, signal });
      return await this.#commit(path, blob);
    });
  }

  async receiveMany(files: readonly (readonly Uint8Array[])[]): Promise<HeldBlob[]> {
    this.#closing.signal.throwIfAborted();
    return await this.#packs.receive(files);
  }

  async recover(): Promise<void> {
    try {
      this.#unsealed.begin();
    } catch (error) {
      throw asStorageError(error, 'noting since when outputs are told from uploads');
    }
    await this.#packs.recover();
  }

  stage(name: string, sizeBytes: number): Promise<void> {
    return this.#staging.stage(name, sizeBytes);
  }

  writeStaged(
    name: string,
    position: number,
    source: AsyncIterable<Uint8Array>,
    options: StagedWriteOptions,
  ): Promise<StagedWrite> {
    return this.#staging.write(name, position, source, options);
  }

  openStaged(name: string): Promise<BlobReader> {
    return this.#staging.open(name);
  }

  async finishStaged(
    name: string,
    options: { sha512?: string; signal?: AbortSignal } = {},
  ): Promise<HeldBlob> {
    const { path, ...blob } = await this.#staging.identify(name, options.signal);
    if (options.sha512 !== undefined && options.sha512 !== blob.sha512) {
      throw new BlobMismatchError(
        `The bytes have the SHA-512 ${blob.sha512}, where ${options.sha512} was announced.`,
      );
    }
    return await this.#withTemporary(async (temporary) => {
      try {
        await makeDurable(path);
        await linkOrCopy(path, temporary);
      } catch (error) {
        throw asStorageError(error, 'finishing an upload');
      }
      return await this.#commit(temporary, blob);
    });
  }

  discardStaged(name: string): Promise<void> {
    return this.#staging.discard(name);
  }

  listStaged(): Promise<StagedStat[]> {
    return this.#staging.list();
  }

  async adopt(files: readonly LocalFile[]): Promise<PromiseSettledResult<HeldBlob>[]> {
    using sources = new Sources();
    const changed = new Set<string>();
    const results: PromiseSettledResult<HeldBlob>[] = [];
    let adopted: PromiseSettledResult<HeldBlob | SmallCopy>[] = [];
    for (let from = 0; from < files.length; from += ADOPTED_AT_ONCE) {
      // Moving files keeps the event loop busy: others get their turn in between.
      if (from > 0) {
        await letOthersRun();
      }
      const some = files.slice(from, from + ADOPTED_AT_ONCE);
      adopted.push(...(await Promise.allSettled(some.map((file) => this.#adoptOne(file, sources, changed)))));
      const isLast = from + ADOPTED_AT_ONCE >= files.length;
      if (!isLast && bytesOf(adopted) < SMALL_COPIES_BYTES) {
        continue;
      }
      results.push(...(await sealSmall(adopted, { packs: this.#packs, holds: this.#holds })));
      adopted = [];
    }
    try {
      await this.#directories.sync(changed);
    } catch (error) {
      for (const result of results) {
        if (result.status === 'fulfilled') {
          result.value.release();
        }
      }
      const reason = asStorageError(error, 'making adopted files durable');
      return results.map((result) =>
        result.status === 'fulfilled' ? { status: 'rejected', reason } : result,
      );
    }
    return results;
  }

  /** Held from the turn in which it comes to its place, though it is durable only when what it changed is synced. */
  async #adoptOne(file: LocalFile, sources: Sources, changed: Set<string>): Promise<HeldBlob | SmallCopy> {
    const { sha512, sizeBytes } = file;
    requireDigest(sha512);
    return await this.#holds.inTurn(sha512, async () => {
      const became = await takeOver(file, sources, this.#directories, this.#unsealed);
      if (became === 'kept') {
        this.#directories.noteFound(this.#pathOf(sha512), changed);
      } else {
        if (became === 'unsealed') {
          await this.#sealer.sealInPlace(file);
        }
        if (became instanceof SourceToCopy) {
          using source = became;
          const bytes = source.readSmall(file);
          if (bytes !== null) {
            return { sha512, bytes, source };
          }
          await this.#copyOver(source, file);
        }
        this.#directories.notePut(this.#pathOf(sha512), changed);
      }
      return this.#holds.hold({ sha512, sizeBytes });
    });
  }

  async hold(blob: BlobStat): Promise<HeldBlob | null> {
    return await this.#holds.inTurn(blob.sha512, async () => {
      const kept = await this.stat(blob.sha512);
      if (kept?.sizeBytes !== blob.sizeBytes) {
        return null;
      }
      const isSealed = await this.#makeSealed(blob);
      return isSealed ? this.#holds.hold(blob) : null;
    });
  }

  /** In its turn; false when its bytes are not what they were. */
  async #makeSealed(blob: BlobStat): Promise<boolean> {
    if (!this.#unsealed.has(this.#pathOf(blob.sha512))) {
      return true;
    }
    try {
      await this.#sealer.sealInPlace(blob);
      await syncDirectory(dirname(this.#pathOf(blob.sha512)));
      return true;
    } catch (error) {
      if (error instanceof BlobMismatchError) {
        return false;
      }
      throw asStorageError(error, 'sealing a blob');
    }
  }

  async open(sha512: string, range: { start?: number; end?: number } = {}): Promise<Readable> {
    const handle = await this.#openFile(sha512);
    return handle.createReadStream({ ...range, highWaterMark: READ_BYTES });
  }

  async openReader(sha512: string): Promise<BlobReader> {
    const handle = await this.#openFile(sha512);
    return await readerOf(handle);
  }

  async #openFile(sha512: string): Promise<FileHandle> {
    try {
      return await open(this.#pathOf(sha512), 'r');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        throw new BlobMissingError(sha512, 'in the file store');
      }
      throw asStorageError(error, 'opening a blob');
    }
  }

  async stat(sha512: string): Promise<BlobStat | null> {
    const found = await this.#statFile(this.#pathOf(sha512));
    return found === null ? null : { sha512, sizeBytes: found.size };
  }

  async remove(
    sha512: string,
    options: { confirm?: () => Promise<boolean> | boolean } = {},
  ): Promise<boolean> {
    requireDigest(sha512);
    return await this.#holds.inTurn(sha512, async () => {
      if (this.#holds.isHeld(sha512)) {
        return false;
      }
      if (options.confirm !== undefined && !(await options.confirm())) {
        return false;
      }
      try {
        for (const path of this.#directories.places(sha512)) {
          if (existsSync(path)) {
            await unlink(path);
          }
        }
      } catch (error) {
        throw asStorageError(error, 'removing a blob');
      }
      return true;
    });
  }

  async *list(): AsyncIterable<BlobStat> {
    for (const first of await readdir(this.#blobs)) {
      for await (const entry of await opendir(join(this.#blobs, first))) {
        yield* this.#listed(entry.name);
      }
    }
  }

  async *#listed(name: string): AsyncIterable<BlobStat> {
    const sha512 = name.endsWith(UNSEALED) ? name.slice(0, -UNSEALED.length) : name;
    if (!isSha512(sha512)) {
      return;
    }
    // It lies under two names once it has been sealed.
    if (name !== sha512 && this.#pathOf(sha512) !== this.#directories.unsealedPlaceOf(sha512)) {
      return;
    }
    const blob = await this.stat(sha512);
    if (blob !== null) {
      yield blob;
    }
  }

  async verify(sha512: string, options: { signal?: AbortSignal } = {}): Promise<BlobVerdict> {
    try {
      const actual = await hashFile(this.#pathOf(sha512), this.#threads, options.signal);
      if (actual.sha512 === sha512) {
        return { state: 'intact', sizeBytes: actual.sizeBytes };
      }
      return { state: 'damaged', sizeBytes: actual.sizeBytes, actualSha512: actual.sha512 };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        return { state: 'missing' };
      }
      const wrapped = asStorageError(error, 'reading a blob');
      if (wrapped instanceof StorageError) {
        return { state: 'unreadable', error: wrapped };
      }
      throw error;
    }
  }

  async sweep(): Promise<{ files: number; bytes: number }> {
    const swept = { files: 0, bytes: 0 };
    try {
      for (const name of await readdir(this.#incoming)) {
        const path = join(this.#incoming, name);
        if (this.#underWay.has(path)) {
          continue;
        }
        const found = await this.#statFile(path);
        if (found === null || !found.isFile()) {
          continue;
        }
        await unlink(path);
        swept.files += 1;
        swept.bytes += found.size;
      }
    } catch (error) {
      throw asStorageError(error, 'sweeping broken uploads');
    }
    return swept;
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#blobs);
    return bavail * bsize;
  }

  localPath(sha512: string): string {
    return this.#pathOf(sha512);
  }

  async close(): Promise<void> {
    this.#closing.abort(new StorageClosingError('The file store is closing.'));
    await this.#packs.close();
    await this.#staging.whenIdle();
    await this.#threads.close();
  }

  /**
   * Puts a whole, durable temporary file in its place and holds it. A blob that is there already gives way: it may be
   * damaged, and here are its bytes.
   */
  async #commit(temporary: string, blob: BlobStat): Promise<HeldBlob> {
    return await this.#holds.inTurn(blob.sha512, async () => {
      const changed = new Set<string>();
      try {
        const target = await putSealed(temporary, blob.sha512, this.#directories);
        this.#directories.notePut(target, changed);
        await this.#directories.sync(changed);
      } catch (error) {
        throw asStorageError(error, 'putting a blob in its place');
      }
      return this.#holds.hold(blob);
    });
  }

  /**
   * Puts a sealed copy of a job's file in its place, and removes the file. The blob that is there serves as well where
   * the file has been changed.
   */
  async #copyOver(source: SourceToCopy, blob: BlobStat): Promise<void> {
    try {
      await this.#sealer.sealFrom(source.fd, source.words, blob);
    } catch (error) {
      if (!(error instanceof BlobMismatchError) || !this.#unsealed.has(this.#pathOf(blob.sha512))) {
        throw error;
      }
      await this.#sealer.sealInPlace(blob).catch((other: unknown) => {
        throw other instanceof BlobMismatchError
          ? new BlobMismatchError(`${error.message} ${other.message}`)
          : other;
      });
    }
    try {
      source.remove();
    } catch (error) {
      throw asStorageError(error, `taking over ${source.words}`);
    }
  }

  async #withTemporary<T>(work: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.#incoming, `${randomUUID()}.part`);
    this.#underWay.add(path);
    try {
      return await work(path);
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw error;
    } finally {
      this.#underWay.delete(path);
    }
  }

  async #statFile(path: string) {
    try {
      return await lstat(path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        return null;
      }
      throw asStorageError(error, `looking at ${basename(path)}`);
    }
  }

  #pathOf(sha512: string): string {
    requireDigest(sha512);
    return this.#directories.locate(sha512);
  }
}

function requireDigest(sha512: string): void {
  if (isSha512(sha512)) {
    return;
  }
  throw new TypeError(`Not a SHA-512 digest: ${JSON.stringify(sha512).slice(0, 60)}`);
}
