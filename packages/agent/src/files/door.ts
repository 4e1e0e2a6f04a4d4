/**
 * The door to what a job may have made: every name is opened in a directory that is open already, and no link is
 * followed, so what was looked at is what is read, moved or removed, whatever a command puts in its place meanwhile.
 * Node has no `openat`, but `/proc/self/fd/N/name` is one, and `/proc/self/fd/N` is the very inode behind N.
 *
 * Files are opened with O_PATH first: that asks for no right but to search the directory, waits for nobody at a
 * pipe, and wakes no device. Everything is synchronous: these calls take microseconds, a thread for each would take more.
 */
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  unlinkSync,
} from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { type RawName, toSystem } from './raw-name.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
/** Node does not name it; the number is the same on every Linux that Node runs on. */
const O_PATH = 0o10000000;

/** How often what somebody puts in the way of a new file is removed; whoever goes on has the run fail. */
const MOST_OBSTACLES = 3;

/** A descriptor that is closed at the end of its block. */
export class Opened implements Disposable {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** The inode behind a descriptor, for calls that take a path. Nothing on the way to it can be replaced. */
export function inodeAt(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** An entry of an open directory, for calls that take a path and follow no link at its end. */
export function entryAt(directory: number, name: RawName): string | Buffer {
  const system = toSystem(name);
  return typeof system === 'string'
    ? `${inodeAt(directory)}/${system}`
    : Buffer.concat([Buffer.from(`${inodeAt(directory)}/`), system]);
}

/** Opens a directory by a path that no job can change; links on the way are followed. */
export function openTrusted(path: string): number {
  return openSync(path, O_PATH | O_DIRECTORY);
}

/** Opens an entry of whatever kind, a link as the link itself; only to look at it, or to open it again. */
export function openEntry(directory: number, name: RawName): number {
  return openSync(entryAt(directory, name), O_PATH | O_NOFOLLOW);
}

/** Opens an entry that must be a directory; a link to one is refused with ENOTDIR. */
export function openDirectory(directory: number, name: RawName): number {
  return openSync(entryAt(directory, name), O_PATH | O_NOFOLLOW | O_DIRECTORY);
}

/** Opens a directory by its names below one that is named by a trusted path; none of them may be a link. */
export function openBelow(root: string, names: readonly RawName[]): number {
  let fd = openTrusted(root);
  for (const name of names) {
    const above = fd;
    try {
      fd = openDirectory(above, name);
    } finally {
      closeSync(above);
    }
  }
  return fd;
}

/** Opens the inode behind a descriptor for reading; waits for nobody. */
export function openAgain(fd: number): number {
  return openSync(inodeAt(fd), O_RDONLY | O_NONBLOCK);
}

/** What an entry is, a link as the link itself; undefined when there is none. */
export function lookAt(directory: number, name: RawName): BigIntStats | undefined {
  return lstatSync(entryAt(directory, name), { bigint: true, throwIfNoEntry: false });
}

export function statOf(fd: number): BigIntStats {
  return fstatSync(fd, { bigint: true });
}

export function readLink(directory: number, name: RawName): RawName {
  return readlinkSync(entryAt(directory, name), 'latin1') as RawName;
}

/** Sets the mode of the inode behind a descriptor, also of one that was opened only to look at. */
export function setMode(fd: number, mode: number): void {
  chmodSync(inodeAt(fd), mode);
}

/** Makes a directory and opens it; throws as the system does, with EEXIST where something is. */
export function makeDirectory(directory: number, name: RawName): number {
  mkdirSync(entryAt(directory, name));
  return openDirectory(directory, name);
}

/** Makes a file and opens it for writing; what is in its way is removed. Throws as the system does. */
export function createFile(directory: number, name: RawName, mode: number): number {
  const path = entryAt(directory, name);
  for (let obstacles = 0; ; obstacles += 1) {
    try {
      return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    } catch (error) {
      clearTheWay(error, directory, name, obstacles);
    }
  }
}

/** Removes what a new file has met in its place, so that it can be tried again; throws the error when it was anything else. */
export function clearTheWay(error: unknown, directory: number, name: RawName, obstacles: number): void {
  if (!hasCode(error, 'EEXIST') || obstacles >= MOST_OBSTACLES) {
    throw error;
  }
  removeFile(directory, name);
}

/** Removes an entry that is no directory; one that is gone is fine. */
export function removeFile(directory: number, name: RawName): void {
  try {
    unlinkSync(entryAt(directory, name));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
  }
}

export interface ListedEntry {
  name: RawName;
  isDirectory: boolean;
  isFile: boolean;
}

/** Directories up to this length are listed in one call, which is quicker: it is that of thousands of names at most. */
const SHORT_DIRECTORY_BYTES = 64n * 1024n;

/** The entries of the directory behind a descriptor, in no order. */
export function* listEntries(fd: number): Generator<ListedEntry> {
  const path = inodeAt(fd);
  // As a buffer a name is looked at right by Node itself, which it does where the file system tells no kind.
  if (statOf(fd).size <= SHORT_DIRECTORY_BYTES) {
    for (const entry of readdirSync(path, { encoding: 'buffer', withFileTypes: true })) {
      yield toListed(entry.name, entry);
    }
    return;
  }
  using directory = opendirSync(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 });
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
    yield toListed(entry.name as unknown as Buffer, entry);
  }
}

function toListed(name: Buffer, entry: { isDirectory(): boolean; isFile(): boolean }): ListedEntry {
  return {
    name: name.toString('latin1') as RawName,
    isDirectory: entry.isDirectory(),
    isFile: entry.isFile(),
  };
}

export function isSameInode(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/**
 * Tells whether a file is as it was: its inode, its size, and when it was changed last. The time of the last change of
 * the inode cannot be set back.
 */
export function stampOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size}:${mtimeNs}:${ctimeNs}:${ino}`;
}

/** The mount that the inode behind a descriptor lies on: its device does not tell, a directory may be mounted into itself. */
export function mountOf(fd: number): string {
  // By its parts, since reading it as a file takes twice as long.
  const info = openSync(`/proc/self/fdinfo/${fd}`, O_RDONLY);
  try {
    const length = readSync(info, fdInfo, 0, fdInfo.length, 0);
    return /^mnt_id:\s*(\d+)/m.exec(fdInfo.toString('latin1', 0, length))?.[1] ?? '';
  } finally {
    closeSync(info);
  }
}

const fdInfo = Buffer.alloc(1024);

/** An error of the system without the path, which would be one of ours. */
export function reasonOf(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : `${getSystemErrorMessage(errno)} (${code})`;
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}
