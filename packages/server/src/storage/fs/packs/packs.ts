/**
 * Many small blobs at once. Flushing each file by itself costs more than everything else about it, so their bytes are
 * first written to one file, the pack, and flushed with it. Then each gets its file like any other blob, which the
 * kernel writes when it likes. Once it has, each is flushed after all, which takes no time then, and the pack goes.
 *
 *   pack written and flushed -> blobs in their places, held -> answered ... flushed: blobs on disk, pack removed
 *
 * A blob in its place may thus be lost by a power cut while its pack is there: `recover` makes it again before anybody
 * asks for it.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  writevSync,
} from 'node:fs';
import { mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Holds } from '../../holds.ts';
import type { BlobStat, HeldBlob } from '../../storage.ts';
import { type BlobDirectories, syncDirectory } from '../directories.ts';
import { asStorageError, systemCode } from '../errors.ts';
import { requireRoom } from '../receive.ts';
import { putSealed, type Unsealed } from '../unsealed.ts';
import { type BlobInMemory, readPack, writePack } from './pack-file.ts';

/** By then Linux has written by itself what lies in its cache (`dirty_expire_centisecs`, and a round more). */
const FLUSH_AFTER_MILLISECONDS = 40_000;
/** Bytes of packs beyond which the oldest are flushed at once. */
const UNFLUSHED_BYTES = 256 * 1024 * 1024;
/** Making files keeps the event loop busy: after so long others get their turn. */
const TURN_MILLISECONDS = 10;

export interface PacksOptions {
  directory: string;
  /** Where a blob is made that takes the place of another one. */
  incoming: string;
  directories: BlobDirectories;
  unsealed: Unsealed;
  holds: Holds;
  /** Free bytes below which nothing is taken in. */
  reserveBytes: number;
  flushAfterMilliseconds?: number;
  unflushedBytes?: number;
  /** `fsync`, unless a test has a disk that fails. */
  flush?: (fd: number) => Promise<void>;
}

interface Pack {
  path: string;
  sizeBytes: number;
  digests: ReadonlySet<string>;
  /** When it may be flushed, by `performance.now()`. */
  ripeAt: number;
  /** A disk that failed to flush forgets what it was to write, and flushing again would not tell: write it again. */
  isDoubtful?: boolean;
}

export class Packs {
  readonly #options: Required<PacksOptions>;
  /** Oldest first. */
  readonly #unflushed: Pack[] = [];
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** After a failure: a disk that is broken is not asked again and again. */
  #pausedUntil = 0;
  #closed = false;

  constructor(options: PacksOptions) {
    this.#options = {
      flushAfterMilliseconds: FLUSH_AFTER_MILLISECONDS,
      unflushedBytes: UNFLUSHED_BYTES,
      flush: promisify(fsync),
      ...options,
    };
  }

  async prepare(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
  }

  /** Makes a held, durable blob of each file; of none when it rejects. */
  async receive(files: readonly (readonly Uint8Array[])[]): Promise<HeldBlob[]> {
    if (files.length === 0) {
      return [];
    }
    const blobs = await identify(files);
    const path = join(this.#options.directory, `${randomUUID()}.pack`);
    const pack = await this.#write(path, blobs);
    const held: HeldBlob[] = [];
    const placed: BlobInMemory[] = [];
    try {
      await inTurns(blobs, async (blob) => {
        await this.#options.holds.inTurn(blob.sha512, async () => {
          if (await this.#place(blob)) {
            placed.push(blob);
          }
          held.push(this.#options.holds.hold(blob));
        });
      });
      return held;
    } catch (error) {
      for (const blob of held) {
        blob.release();
      }
      for (const blob of placed) {
        await this.#takeBack(blob);
      }
      throw asStorageError(error, 'putting blobs in their places');
    } finally {
      // Also after a failure: whoever found a blob that was placed here relies on the pack.
      this.#keep(pack);
    }
  }

  /** Makes sure of every blob whose pack is there, as after a power cut; for the one server of a store, before it serves. */
  async recover(): Promise<void> {
    try {
      for (const name of await readdir(this.#options.directory)) {
        const path = join(this.#options.directory, name);
        const digests = new Set<string>();
        for await (const blob of readPack(path)) {
          digests.add(blob.sha512);
          if (!this.#isWhole(blob)) {
            await this.#replace(blob);
          }
        }
        const { size } = await stat(path);
        this.#keep({ path, sizeBytes: size, digests, ripeAt: this.#ripeAt() });
      }
    } catch (error) {
      throw asStorageError(error, 'recovering blobs');
    }
  }

  /** Flushes what is ripe and forgets its packs. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#flushing ??= this.#flushDue().finally(() => {
      this.#flushing = undefined;
      // Packs that came meanwhile set no time of their own.
      this.#flushLater();
    });
    await this.#flushing;
  }

  /** Packs that are not flushed stay, and are taken up again by `recover`. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#flushing;
  }

  async #write(path: string, blobs: readonly BlobInMemory[]): Promise<Pack> {
    const { directory, reserveBytes } = this.#options;
    const neededBytes = 2 * blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await requireRoom({ path, reserveBytes }, neededBytes);
    try {
      const sizeBytes = await writePack(path, blobs);
      await syncDirectory(directory);
      return { path, sizeBytes, digests: new Set(blobs.map(({ sha512 }) => sha512)), ripeAt: this.#ripeAt() };
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw asStorageError(error, 'writing many files');
    }
  }

  /**
   * Puts a blob in its place unless it is there sealed; without a pause, so that nobody finds half of it. Answers whether
   * there was none.
   */
  async #place(blob: BlobInMemory): Promise<boolean> {
    const target = this.#options.directories.locate(blob.sha512);
    const kept = lstatSync(target, { throwIfNoEntry: false });
    if (kept === undefined) {
      this.#make(target, blob);
      return true;
    }
    // A kept blob of another size is damaged, and here are its bytes.
    if (kept.size !== blob.sizeBytes || this.#options.unsealed.has(target)) {
      await this.#replace(blob);
    }
    return false;
  }

  async #replace(blob: BlobInMemory): Promise<void> {
    const temporary = join(this.#options.incoming, `${randomUUID()}.part`);
    this.#make(temporary, blob);
    try {
      await putSealed(temporary, blob.sha512, this.#options.directories);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  }

  #make(target: string, { chunks, sizeBytes }: BlobInMemory): void {
    const fd = this.#create(target);
    try {
      let written = 0;
      for (let rest = chunks; written < sizeBytes; rest = [Buffer.concat(chunks).subarray(written)]) {
        written += writevSync(fd, rest as Uint8Array[]);
      }
    } catch (error) {
      unlinkSync(target);
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  #create(target: string): number {
    try {
      return openSync(target, 'wx', 0o444);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        throw error;
      }
      this.#options.directories.makeFor(target);
      return openSync(target, 'wx', 0o444);
    }
  }

  #isWhole({ sha512, sizeBytes, chunks }: BlobInMemory): boolean {
    const target = this.#options.directories.locate(sha512);
    if (lstatSync(target, { throwIfNoEntry: false })?.size !== sizeBytes) {
      return false;
    }
    return readFileSync(target).equals(Buffer.concat(chunks));
  }

  async #takeBack({ sha512 }: BlobStat): Promise<void> {
    await this.#options.holds.inTurn(sha512, async () => {
      if (!this.#options.holds.isHeld(sha512)) {
        removeIfThere(this.#options.directories.locate(sha512));
      }
    });
  }

  #ripeAt(): number {
    return performance.now() + this.#options.flushAfterMilliseconds;
  }

  #keep(pack: Pack): void {
    this.#unflushed.push(pack);
    this.#flushLater();
  }

  #flushLater(): void {
    const oldest = this.#unflushed[0];
    if (oldest === undefined || this.#closed || this.#flushing) {
      return;
    }
    clearTimeout(this.#timer);
    const at = Math.max(this.#isTooMuch() ? 0 : oldest.ripeAt, this.#pausedUntil);
    const delay = Math.max(0, at - performance.now());
    // What fails stays, for a later time and for the next start.
    this.#timer = setTimeout(() => void this.flush().catch(() => this.#postpone()), delay).unref();
  }

  #postpone(): void {
    this.#pausedUntil = this.#ripeAt();
    this.#flushLater();
  }

  async #flushDue(): Promise<void> {
    while (!this.#closed) {
      const oldest = this.#unflushed[0];
      if (oldest === undefined || (oldest.ripeAt > performance.now() && !this.#isTooMuch())) {
        break;
      }
      try {
        await this.#flushOne(oldest);
      } catch (error) {
        oldest.isDoubtful = true;
        throw error;
      }
      this.#unflushed.shift();
    }
  }

  async #flushOne(pack: Pack): Promise<void> {
    const changed = new Set<string>();
    if (pack.isDoubtful) {
      for await (const blob of readPack(pack.path)) {
        await this.#options.holds.inTurn(blob.sha512, async () => {
          if (existsSync(this.#options.directories.locate(blob.sha512))) {
            await this.#replace(blob);
          }
        });
      }
    }
    for (const sha512 of pack.digests) {
      if (this.#closed) {
        return;
      }
      const path = this.#options.directories.locate(sha512);
      if (await flushIfThere(path, this.#options.flush)) {
        this.#options.directories.noteFound(path, changed);
      }
    }
    await this.#options.directories.sync(changed);
    await unlink(pack.path);
  }

  #isTooMuch(): boolean {
    const bytes = this.#unflushed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return bytes > this.#options.unflushedBytes;
  }
}

/** The digests, computed here and now: for small files a thread would cost more than it saves. */
async function identify(files: readonly (readonly Uint8Array[])[]): Promise<BlobInMemory[]> {
  const blobs: BlobInMemory[] = [];
  await inTurns(files, async (chunks) => {
    const hash = createHash('sha512');
    let sizeBytes = 0;
    for (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
    }
    blobs.push({ sha512: hash.digest('hex'), sizeBytes, chunks });
  });
  return blobs;
}

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  let began = performance.now();
  for (const item of items) {
    await work(item);
    if (performance.now() - began < TURN_MILLISECONDS) {
      continue;
    }
    await letOthersRun();
    began = performance.now();
  }
}

async function flushIfThere(path: string, flush: (fd: number) => Promise<void>): Promise<boolean> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return false;
    }
    throw error;
  }
  try {
    await flush(fd);
    return true;
  } finally {
    closeSync(fd);
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw error;
    }
  }
}
