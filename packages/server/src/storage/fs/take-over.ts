/**
 * Moves finished files to the places of their blobs, without waiting for the disk: what a sweep of thousands of runs
 * leaves is small and many, and handing each of these calls to a thread would take longer than the calls.
 *
 * Whoever made a file may still be there and put another one in its place. So it is opened in its directory, each name
 * on the way by itself and no link followed; what was opened is compared with what was hashed and made the store's own;
 * and when another file was moved in spite of that, it goes back. Never by way of `incoming/`, since a crash must
 * leave it here or there. The bytes are durable already; only the directories are left to be synced.
 */
import { hash } from 'node:crypto';
import { type BigIntStats, chownSync, closeSync, lstatSync, readSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TreeCursor } from '@quarry/agent/files/cursor';
import {
  entryAt,
  inodeAt,
  isSameInode,
  lookAt,
  openAgain,
  openEntry,
  openTrusted,
  setMode,
  stampOf,
  statOf,
} from '@quarry/agent/files/door';
import { partsOf } from '@quarry/agent/files/follow-link';
import { type RawName, rawOf } from '@quarry/agent/files/raw-name';
import { removeTree } from '@quarry/agent/files/remove-tree';
import { BlobMismatchError, BlobMissingError, type BlobStat, type LocalFile } from '../storage.ts';
import type { BlobDirectories } from './directories.ts';
import { asStorageError, systemCode } from './errors.ts';
import type { Unsealed } from './unsealed.ts';

/** What nobody may change. */
const BLOB_MODE = 0o444;
/** Read and hashed in one go: for so few bytes threads take longer than the work. */
const SMALL_BYTES = 64 * 1024;

/** The directories that files are taken from, each gone through once for many of them. */
export class Sources implements Disposable {
  readonly #cursors = new Map<string, TreeCursor>();

  /** The directory of a file with its name; null when it is not there. */
  find({ directory, path }: LocalFile): Source | null {
    const names = partsOf(rawOf(path));
    const name = names.pop();
    if (name === undefined) {
      throw new BlobMismatchError(`${join(directory, path)} is no plain file.`);
    }
    try {
      const cursor = this.#cursorIn(directory);
      cursor.moveTo(names);
      const source = new Source(cursor, names, name);
      return source.isThere ? source : null;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        return null;
      }
      if (systemCode(error) === 'ENOTDIR') {
        throw new BlobMismatchError(`${join(directory, path)} is not reached by directories alone.`);
      }
      throw error;
    }
  }

  #cursorIn(directory: string): TreeCursor {
    const cursor = this.#cursors.get(directory) ?? new TreeCursor(directory, { access: 0o700 });
    this.#cursors.set(directory, cursor);
    return cursor;
  }

  [Symbol.dispose](): void {
    for (const cursor of this.#cursors.values()) {
      cursor[Symbol.dispose]();
    }
  }
}

/** A name in a directory that was reached without a link. */
class Source {
  readonly #cursor: TreeCursor;
  readonly #directory: RawName[];
  readonly #name: RawName;

  constructor(cursor: TreeCursor, directory: RawName[], name: RawName) {
    this.#cursor = cursor;
    this.#directory = directory;
    this.#name = name;
  }

  get isThere(): boolean {
    return lookAt(this.#cursor.fd, this.#name) !== undefined;
  }

  open(): number {
    return openEntry(this.#cursor.fd, this.#name);
  }

  moveTo(target: string): void {
    renameSync(entryAt(this.#cursor.fd, this.#name), target);
  }

  takeBack(target: string): void {
    renameSync(target, entryAt(this.#cursor.fd, this.#name));
  }

  remove(): void {
    // Others were looked for meanwhile.
    this.#cursor.moveTo(this.#directory);
    unlinkSync(entryAt(this.#cursor.fd, this.#name));
  }
}

/** An open file of which the store needs a copy, since it lies elsewhere or others can change it. */
export class SourceToCopy implements Disposable {
  readonly words: string;
  readonly fd: number;
  readonly #source: Source;

  constructor(words: string, source: Source, entry: number) {
    this.words = words;
    this.#source = source;
    this.fd = openAgain(entry);
  }

  /** The bytes of a small file that has those it was hashed with; null of others. */
  readSmall({ sha512, sizeBytes }: BlobStat): Uint8Array | null {
    if (sizeBytes > SMALL_BYTES) {
      return null;
    }
    const bytes = Buffer.allocUnsafeSlow(sizeBytes);
    let filled = 0;
    while (filled < sizeBytes) {
      const count = readSync(this.fd, bytes, filled, sizeBytes - filled, filled);
      if (count === 0) {
        return null;
      }
      filled += count;
    }
    return hash('sha512', bytes) === sha512 ? bytes : null;
  }

  remove(): void {
    this.#source.remove();
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/**
 * `moved` puts the file in its place, unsealed; `kept` finds the blob there already, sealed or this very file;
 * `unsealed` finds one there that came from a job, and the file gone. A file to copy has changed nothing yet: it meets a
 * blob that is unsealed or damaged, lies on another file system, has other names by which a moved one could be changed
 * later, or belongs to somebody else.
 */
export async function takeOver(
  file: LocalFile,
  sources: Sources,
  directories: BlobDirectories,
  unsealed: Unsealed,
): Promise<'moved' | 'kept' | 'unsealed' | SourceToCopy> {
  const words = join(file.directory, file.path);
  const found = directories.locate(file.sha512);
  const kept = look(found);
  // Nobody knows who holds it open still.
  const target = directories.unsealedPlaceOf(file.sha512);
  try {
    const source = words === found ? null : sources.find(file);
    if (source === null) {
      return keep(file, found, kept, unsealed);
    }
    const entry = source.open();
    try {
      const hashed = statOf(entry);
      requireAsHashed(file, hashed, words);
      // A kept blob of another size is damaged, and here are its bytes.
      if (kept?.isFile() && Number(kept.size) === file.sizeBytes && !unsealed.has(found)) {
        source.remove();
        return 'kept';
      }
      if (kept || hashed.nlink > 1n || !mayOwn(hashed) || !move(source, target, directories)) {
        return new SourceToCopy(words, source, entry);
      }
      await requireMoved(source, target, hashed, words);
      // Only now: a crash before leaves it here as it was hashed, or there, where it is found again.
      if (makeOwn(entry)) {
        return 'moved';
      }
      source.takeBack(target);
      return new SourceToCopy(words, source, entry);
    } finally {
      closeSync(entry);
    }
  } catch (error) {
    throw asStorageError(error, `taking over ${words}`);
  }
}

/** A process that was killed may have come no further than to move it. */
function keep(
  { sha512, sizeBytes, directory, path, stamp }: LocalFile,
  target: string,
  kept: BigIntStats | undefined,
  unsealed: Unsealed,
): 'kept' | 'unsealed' {
  if (!kept) {
    throw new BlobMissingError(sha512, `in the file store, and no file at ${join(directory, path)}`);
  }
  const words = `The blob ${sha512.slice(0, 12)}…`;
  if (!kept.isFile()) {
    throw new BlobMismatchError(`${words} is no plain file.`);
  }
  requireSize(words, Number(kept.size), sizeBytes);
  if (unsealed.has(target) && !isStillThe(kept, stamp)) {
    return 'unsealed';
  }
  if (Number(kept.mode & 0o7777n) !== BLOB_MODE || Number(kept.uid) !== process.geteuid!()) {
    const directory = openTrusted(dirname(target));
    const entry = openEntry(directory, rawOf(basename(target)));
    try {
      makeOwn(entry);
    } finally {
      closeSync(entry);
      closeSync(directory);
    }
  }
  return 'kept';
}

/** Whether it is the inode of the stamp with the bytes of then; that it was moved has changed the rest. */
function isStillThe(found: BigIntStats, stamp: string | null): boolean {
  if (stamp === null) {
    return false;
  }
  const [size, modified, , inode] = stamp.split(':');
  const [sizeNow, modifiedNow, , inodeNow] = stampOf(found).split(':');
  return size === sizeNow && modified === modifiedNow && inode === inodeNow;
}

function requireAsHashed({ sizeBytes, stamp }: LocalFile, found: BigIntStats, words: string): void {
  if (!found.isFile()) {
    throw new BlobMismatchError(`${words} is not a plain file.`);
  }
  requireSize(words, Number(found.size), sizeBytes);
  if (stamp !== null && stamp !== stampOf(found)) {
    throw changed(words);
  }
}

/** Whether the store's user may make a file its own, as far as can be told before. */
function mayOwn({ uid }: BigIntStats): boolean {
  const own = process.geteuid!();
  return own === 0 || Number(uid) === own;
}

/** Gives a file to the store's user, for reading only; false where a container lets even root not do that. */
function makeOwn(entry: number): boolean {
  try {
    const own = process.geteuid!();
    if (Number(statOf(entry).uid) !== own) {
      chownSync(inodeAt(entry), own, process.getegid!());
    }
    setMode(entry, BLOB_MODE);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EPERM') {
      return false;
    }
    throw error;
  }
}

/** False when it lies on another file system. */
function move(source: Source, target: string, directories: BlobDirectories): boolean {
  try {
    try {
      source.moveTo(target);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        throw error;
      }
      directories.makeFor(target);
      source.moveTo(target);
    }
    return true;
  } catch (error) {
    if (systemCode(error) === 'EXDEV') {
      return false;
    }
    throw error;
  }
}

/** A name may have been given to another file between the look and the move, or the file another name. */
async function requireMoved(
  source: Source,
  target: string,
  found: BigIntStats,
  words: string,
): Promise<void> {
  const moved = lstatSync(target, { bigint: true });
  const isSame = isSameInode(moved, found) && moved.nlink === 1n;
  if (isSame && moved.size === found.size && moved.mtimeNs === found.mtimeNs) {
    return;
  }
  try {
    source.takeBack(target);
  } catch {
    await removeTree(target);
  }
  throw changed(words);
}

function look(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw asStorageError(error, `looking at ${basename(path)}`);
  }
}

function changed(words: string): BlobMismatchError {
  return new BlobMismatchError(`${words} was changed after it had been hashed.`);
}

function requireSize(what: string, actualBytes: number, expectedBytes: number): void {
  if (actualBytes === expectedBytes) {
    return;
  }
  throw new BlobMismatchError(`${what} has ${actualBytes} bytes where ${expectedBytes} were announced.`);
}
