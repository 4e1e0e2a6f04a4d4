/**
 * A snapshot of a work directory that goes on changing, as one tar archive with its digest.
 *
 * Where the file system can share bytes, all files are cloned first: that takes moments, however large they are, and each
 * clone is its file at one moment. The archive is then written from the clones. Elsewhere files are read one after the
 * other. A file that changed while it was cloned or read is taken once more; when it changed again, what there is of it
 * stays and the snapshot says so. Nothing is renamed, no link followed, no mode changed: what a job holds open stays its own.
 *
 * Synchronous throughout, for a thread of its own, which may be ended at any moment: whoever ends it removes the files.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { TreeCursor } from '../files/cursor.ts';
import {
  entryAt,
  hasCode,
  inodeAt,
  Opened,
  openAgain,
  openEntry,
  openTrusted,
  reasonOf,
  removeFile,
  stampOf,
  statOf,
} from '../files/door.ts';
import { type RawName, rawOf, textOf } from '../files/raw-name.ts';
import { Skipped } from '../outputs/skipped.ts';
import { PID_NAME } from '../runs/work-names.ts';
import { matcherOf } from './globs.ts';
import { namesOf, type SurveyedEntry, survey, TooManyEntriesError } from './survey.ts';
import { padding, type TarEntry, tarHeader } from './tar-header.ts';

export interface SnapshotOrder {
  /** Where no job can change a name, and the names from there to the work directory. */
  root: string;
  names: RawName[];
  /** Where the archive is made; nothing may be there. */
  archive: string;
  /** Where clones are made, on the file system of the work directory if possible; nothing may be there. */
  clones: string;
  /** Which files; null for everything, directories and links included. */
  globs: readonly string[] | null;
  limits: SnapshotLimits;
}

export interface SnapshotLimits {
  /** Of any kind, in the work directory. */
  entries: number;
  /** The length of a file, holes included. */
  fileBytes: number;
  /** What is left free on the disk. */
  spareBytes: number;
}

export interface TakenSnapshot {
  sha512: string;
  sizeBytes: number;
  /** Of the archive, see `stampOf`. */
  stamp: string;
  fileCount: number;
  /** Files that changed while they were copied, also at the second time. */
  changed: string[];
  changedCount: number;
  /** What could not be taken. */
  skipped: Array<{ relativePath: string; reason: string }>;
  skippedCount: number;
  /** Whether files were taken as clones, which share their bytes. */
  isCloned: boolean;
  /** From the first file to the last: so far apart are the moments that they show. */
  spanMs: number;
}

/** Why there is no snapshot, for people. */
export class SnapshotError extends Error {
  readonly code: 'storage_full' | 'too_many_entries' | 'run_over' | 'agent_error';

  constructor(code: SnapshotError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = constants;
const BUFFER_BYTES = 1024 * 1024;
/** Between two looks at the room on the disk. */
const ROOM_LOOK_BYTES = 64 * 1024 * 1024;
const STAT_BLOCK_BYTES = 512;
const OWNER_ONLY = 0o600;
const WORK_GONE =
  'The run ended before the snapshot was complete, or its command has removed the work directory.';
const CHANGED = 'it changed while it was copied';
const END_OF_ARCHIVE = Buffer.alloc(1024);
/** A header, and what fills the last block. */
const ENTRY_BYTES = 1024;

/** Takes a snapshot; throws a SnapshotError where there can be none, and as the system does. */
export function takeSnapshot(order: SnapshotOrder): TakenSnapshot {
  using taking = new Taking(order);
  return taking.take();
}

class Taking implements Disposable {
  readonly #order: SnapshotOrder;
  readonly #cursor: TreeCursor;
  readonly #clones: Clones;
  readonly #archive: Archive;
  readonly #changed = new Skipped();
  readonly #skipped = new Skipped();
  #fileCount = 0;

  constructor(order: SnapshotOrder) {
    this.#order = order;
    this.#clones = new Clones(order.clones);
    this.#cursor = new TreeCursor(order.root, { access: 0 });
    try {
      this.#cursor.moveTo(order.names);
      this.#archive = new Archive(order.archive, order.limits.spareBytes);
    } catch (error) {
      this.#cursor[Symbol.dispose]();
      throw hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')
        ? new SnapshotError('run_over', WORK_GONE, { cause: error })
        : error;
    }
  }

  [Symbol.dispose](): void {
    this.#archive[Symbol.dispose]();
    this.#clones[Symbol.dispose]();
    this.#cursor[Symbol.dispose]();
  }

  take(): TakenSnapshot {
    const begun = performance.now();
    const entries = this.#survey();
    const surveyed = performance.now();
    this.#archive.requireRoom(bytesOf(entries));
    const firstNames = new Map<string, RawName>();
    for (const entry of entries) {
      this.#add(entry, firstNames);
    }
    return {
      ...this.#archive.finish(),
      fileCount: this.#fileCount,
      changed: this.#changed.entries.map(({ relativePath }) => relativePath),
      changedCount: this.#changed.count,
      skipped: this.#skipped.entries,
      skippedCount: this.#skipped.count,
      isCloned: this.#clones.isUsed,
      spanMs: (this.#clones.isUsed ? surveyed : performance.now()) - begun,
    };
  }

  #survey(): SurveyedEntry[] {
    const { globs, limits } = this.#order;
    const matches = globs === null ? null : matcherOf(globs);
    try {
      return survey({
        cursor: this.#cursor,
        mostEntries: limits.entries,
        leftOut: PID_NAME,
        isWanted: (path, kind) => matches === null || (kind === 'file' && matches(path)),
        onSkipped: (path, reason) => this.#skipped.add(path, reason),
        onFile: (entry) => this.#clone(entry),
      });
    } catch (error) {
      if (!(error instanceof TooManyEntriesError)) {
        throw error;
      }
      throw new SnapshotError(
        'too_many_entries',
        `Its work directory has more than ${limits.entries} entries, which is as many as a snapshot takes.`,
      );
    }
  }

  #clone(entry: SurveyedEntry): void {
    if (!this.#clones.isPossible || Number(entry.stats.size) > this.#order.limits.fileBytes) {
      return;
    }
    using file = this.#open(entry.name);
    if (this.#clones.add(entry, file.fd) === 'changed') {
      this.#changed.add(pathOf(entry), CHANGED);
    }
  }

  #add(entry: SurveyedEntry, firstNames: Map<string, RawName>): void {
    const { stats, target } = entry;
    const name = rawPathOf(entry);
    const head = {
      name,
      mode: Number(stats.mode),
      modifiedSeconds: Math.floor(Number(stats.mtimeMs) / 1000),
    };
    if (stats.isDirectory()) {
      this.#archive.addHeader({ ...head, kind: 'directory' });
      return;
    }
    if (target !== null) {
      this.#archive.addHeader({ ...head, kind: 'symlink', target });
      return;
    }
    const inode = `${stats.dev}:${stats.ino}`;
    const first = stats.nlink > 1n ? firstNames.get(inode) : undefined;
    if (first !== undefined) {
      this.#archive.addHeader({ ...head, kind: 'link', target: first });
      this.#fileCount += 1;
    } else if (this.#addFile(entry, head)) {
      firstNames.set(inode, name);
      this.#fileCount += 1;
    }
  }

  /** False when it is not in the archive; why has been noted. */
  #addFile(entry: SurveyedEntry, head: Omit<TarEntry, 'kind'>): boolean {
    const path = pathOf(entry);
    const { fileBytes } = this.#order.limits;
    try {
      const clone = this.#clones.open(entry);
      if (clone !== null) {
        using file = clone;
        this.#archive.addFile(head, file.fd);
        return true;
      }
      this.#cursor.moveTo([...this.#order.names, ...namesOf(entry.directory)]);
      // Whatever has its name now: programs replace a file by renaming another one.
      using file = this.#open(entry.name);
      if (Number(statOf(file.fd).size) > fileBytes) {
        this.#skipped.add(path, `it is larger than ${fileBytes} bytes`);
        return false;
      }
      if (this.#archive.addFile(head, file.fd) === 'changed') {
        this.#changed.add(path, CHANGED);
      }
      return true;
    } catch (error) {
      if (error instanceof SnapshotError || hasCode(error, 'ENOSPC', 'EDQUOT')) {
        throw asFull(error);
      }
      this.#skipped.add(path, hasCode(error, 'ENOENT') ? 'it was removed meanwhile' : reasonOf(error));
      return false;
    }
  }

  /** A file of the current directory, for reading. */
  #open(name: RawName): Opened {
    using entry = new Opened(openEntry(this.#cursor.fd, name));
    if (!statOf(entry.fd).isFile()) {
      throw new Error('something else was put in its place meanwhile');
    }
    return new Opened(openAgain(entry.fd));
  }
}

/** Clones of files that share their bytes, where the file system can; named by numbers. */
class Clones implements Disposable {
  readonly #path: string;
  readonly #numbers = new Map<SurveyedEntry, number>();
  #directory: Opened | null = null;
  isPossible = true;

  constructor(path: string) {
    this.#path = path;
  }

  get isUsed(): boolean {
    return this.#numbers.size > 0;
  }

  [Symbol.dispose](): void {
    this.#directory?.[Symbol.dispose]();
  }

  add(entry: SurveyedEntry, source: number): 'cloned' | 'changed' | 'impossible' {
    const number = this.#numbers.size + 1;
    for (let attempt = 1; ; attempt += 1) {
      const before = stampOf(statOf(source));
      if (!this.#cloneTo(source, rawOf(String(number)))) {
        this.isPossible = false;
        return 'impossible';
      }
      const hasChanged = stampOf(statOf(source)) !== before;
      if (!hasChanged || attempt === 2) {
        this.#numbers.set(entry, number);
        return hasChanged ? 'changed' : 'cloned';
      }
      removeFile(this.#directory!.fd, rawOf(String(number)));
    }
  }

  open(entry: SurveyedEntry): Opened | null {
    const number = this.#numbers.get(entry);
    if (number === undefined) {
      return null;
    }
    using clone = new Opened(openEntry(this.#directory!.fd, rawOf(String(number))));
    return new Opened(openAgain(clone.fd));
  }

  #cloneTo(source: number, name: RawName): boolean {
    if (this.#directory === null) {
      mkdirSync(this.#path, { mode: 0o700 });
      this.#directory = new Opened(openTrusted(this.#path));
    }
    try {
      copyFileSync(
        inodeAt(source),
        entryAt(this.#directory.fd, name),
        COPYFILE_EXCL | COPYFILE_FICLONE_FORCE,
      );
    } catch (error) {
      if (hasCode(error, 'ENOSPC', 'EDQUOT')) {
        throw asFull(error);
      }
      // Most file systems cannot share bytes; whatever else is amiss is met again when the file is read.
      removeFile(this.#directory.fd, name);
      return false;
    }
    // It came with the mode of the file, which may let nobody read it.
    using clone = new Opened(openEntry(this.#directory.fd, name));
    using file = new Opened(openAgain(clone.fd));
    fchmodSync(file.fd, OWNER_ONLY);
    return true;
  }
}

/** The archive as it is written, with the digest of what it has. */
class Archive implements Disposable {
  readonly #fd: number;
  readonly #directory: string;
  readonly #spareBytes: number;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #zeros = Buffer.alloc(BUFFER_BYTES);
  #hash: Hash = createHash('sha512');
  #position = 0;
  #lookAtRoomAt = ROOM_LOOK_BYTES;

  constructor(path: string, spareBytes: number) {
    this.#directory = dirname(path);
    this.#spareBytes = spareBytes;
    this.#fd = openSync(path, 'wx', OWNER_ONLY);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  /** Throws a SnapshotError where so many bytes would not leave enough to others. */
  requireRoom(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#directory);
    if (bavail * bsize - bytes < this.#spareBytes) {
      throw full();
    }
  }

  addHeader(entry: TarEntry): void {
    this.#write(tarHeader(entry));
  }

  /** Adds an open file as it is now, and once more in its place when it changed meanwhile. */
  addFile(head: Omit<TarEntry, 'kind' | 'sizeBytes'>, file: number): 'same' | 'changed' {
    const [start, hash] = [this.#position, this.#hash.copy()];
    if (this.#copyFile(head, file)) {
      return 'same';
    }
    ftruncateSync(this.#fd, start);
    this.#position = start;
    this.#hash = hash;
    return this.#copyFile(head, file) ? 'same' : 'changed';
  }

  finish(): { sha512: string; sizeBytes: number; stamp: string } {
    this.#write(END_OF_ARCHIVE);
    ftruncateSync(this.#fd, this.#position);
    fsyncSync(this.#fd);
    return {
      sha512: this.#hash.digest('hex'),
      sizeBytes: this.#position,
      stamp: stampOf(statOf(this.#fd)),
    };
  }

  /** As many bytes as the file has at the beginning; false when it changed meanwhile. */
  #copyFile(head: Omit<TarEntry, 'kind' | 'sizeBytes'>, file: number): boolean {
    const before = statOf(file);
    const sizeBytes = Number(before.size);
    const isSparse = Number(before.blocks) * STAT_BLOCK_BYTES < sizeBytes;
    this.#write(tarHeader({ ...head, kind: 'file', sizeBytes }));
    let left = sizeBytes;
    while (left > 0) {
      const wanted = Math.min(left, BUFFER_BYTES);
      const read = readSync(file, this.#buffer, 0, wanted, sizeBytes - left);
      if (read === 0) {
        // It has become shorter than its header says.
        this.#write(this.#zeros.subarray(0, wanted), true);
        left -= wanted;
      } else {
        this.#write(this.#buffer.subarray(0, read), isSparse);
        left -= read;
      }
    }
    this.#write(padding(sizeBytes));
    return stampOf(statOf(file)) === stampOf(before);
  }

  /** Zeros of a sparse file stay a hole. */
  #write(bytes: Buffer, mayBeHole = false): void {
    this.#hash.update(bytes);
    const isHole = mayBeHole && bytes.compare(this.#zeros, 0, bytes.length) === 0;
    try {
      for (let written = 0; !isHole && written < bytes.length; ) {
        written += writeSync(this.#fd, bytes, written, bytes.length - written, this.#position + written);
      }
    } catch (error) {
      throw asFull(error);
    }
    this.#position += bytes.length;
    if (this.#position >= this.#lookAtRoomAt) {
      this.#lookAtRoomAt = this.#position + ROOM_LOOK_BYTES;
      this.requireRoom(0);
    }
  }
}

/** What the archive takes on the disk, at most. */
function bytesOf(entries: readonly SurveyedEntry[]): number {
  return entries.reduce((total, { stats }) => {
    const onDisk = Number(stats.blocks) * STAT_BLOCK_BYTES;
    return total + ENTRY_BYTES + (stats.isFile() ? Math.min(Number(stats.size), onDisk) : 0);
  }, 0);
}

function pathOf({ directory, name }: SurveyedEntry): string {
  return [...namesOf(directory), name].map(textOf).join('/');
}

function rawPathOf({ directory, name }: SurveyedEntry): RawName {
  return [...namesOf(directory), name].join('/') as RawName;
}

function full(cause?: unknown): SnapshotError {
  return new SnapshotError(
    'storage_full',
    'There is no space for it on the disk of this platform.',
    cause === undefined ? undefined : { cause },
  );
}

function asFull(error: unknown): unknown {
  return hasCode(error, 'ENOSPC', 'EDQUOT') ? full(error) : error;
}
