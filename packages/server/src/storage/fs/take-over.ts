import {
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { basename } from 'node:path';
import { BlobMismatchError, BlobMissingError, type LocalFile } from '../storage.ts';
import type { BlobDirectories } from './directories.ts';
import { asStorageError, systemCode } from './errors.ts';

/**
 * Moves a finished file to the place of its blob, without waiting for the disk: what a sweep of thousands of runs
 * leaves is small and many, and handing each of these calls to a thread would take longer than the calls.
 *
 * `moved` puts it there, `kept` finds the blob there already, `copy` has changed nothing: the file lies on another
 * file system, or has other names by which a renamed one could be changed later. Never by way of `incoming/`, since
 * a crash must leave it here or there. The bytes are durable already; only the directories are left to be synced.
 */
export function takeOver(
  file: LocalFile,
  target: string,
  directories: BlobDirectories,
): 'moved' | 'kept' | 'copy' {
  const { path, sha512, sizeBytes } = file;
  const found = path === target ? undefined : look(path);
  const kept = look(target);
  if (!found) {
    if (!kept) throw new BlobMissingError(sha512, `in the file store, and no file at ${path}`);
    requireSize(`The blob ${sha512.slice(0, 12)}…`, kept.size, sizeBytes);
    return 'kept';
  }
  if (!found.isFile()) throw new BlobMismatchError(`${path} is not a plain file.`);
  requireSize(path, found.size, sizeBytes);
  try {
    // A kept blob of another size is damaged, and here are its bytes.
    if (kept?.size === sizeBytes) {
      unlinkSync(path);
      return 'kept';
    }
    if (found.nlink > 1) return 'copy';
    makeReadOnly(path);
    return rename(path, target, directories);
  } catch (error) {
    throw asStorageError(error, `taking over ${path}`);
  }
}

function rename(path: string, target: string, directories: BlobDirectories): 'moved' | 'copy' {
  try {
    try {
      renameSync(path, target);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      directories.makeFor(target);
      renameSync(path, target);
    }
  } catch (error) {
    if (systemCode(error) === 'EXDEV') return 'copy';
    throw error;
  }
  return 'moved';
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw asStorageError(error, `looking at ${basename(path)}`);
  }
}

function makeReadOnly(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    fchmodSync(fd, 0o444);
  } finally {
    closeSync(fd);
  }
}

function requireSize(what: string, actualBytes: number, expectedBytes: number): void {
  if (actualBytes === expectedBytes) return;
  throw new BlobMismatchError(`${what} has ${actualBytes} bytes where ${expectedBytes} were announced.`);
}
