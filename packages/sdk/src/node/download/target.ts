import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LocalFileError } from '../../errors.ts';
import { localError, locally } from '../local-file-error.ts';
import { makeDirectories } from '../make-directories.ts';
import type { HashThreads } from './hash-threads.ts';
import type { Existing } from './options.ts';
import { existsAlready } from './partial-file.ts';
import type { Source } from './source.ts';

/** Hashed at once of a file that may be the same, so that the comparison can be ended in between. */
const COMPARED_BYTES = 8 * 1024 * 1024;

/**
 * Whether the file is at the target already, when that is to be told. `FileExistsError` when something is there that may
 * not be replaced; `LocalFileError` when nothing can be there.
 */
export async function isThereAlready(
  path: string,
  source: Source,
  { existing, hashes, signal }: { existing: Existing; hashes: HashThreads; signal: AbortSignal },
): Promise<boolean> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return null;
    }
    throw localError(error, path);
  });
  if (facts === null) {
    return false;
  }
  if (facts.isDirectory()) {
    throw new LocalFileError('is_directory', `${path} is a directory.`, {
      hint: 'Choose another name, or move the directory away.',
    });
  }
  if (existing === 'refuse') {
    throw existsAlready(path);
  }
  if (existing === 'replace' || source.sha512 === null || facts.size !== source.sizeBytes) {
    return false;
  }
  const handle = await locally(path, open(path));
  try {
    using hash = hashes.open();
    for (let at = 0; at < facts.size; at += COMPARED_BYTES) {
      signal.throwIfAborted();
      await hash.read(handle.fd, at, Math.min(at + COMPARED_BYTES, facts.size));
    }
    return (await hash.digest()) === source.sha512;
  } finally {
    await handle.close();
  }
}

/** Makes the directory of a target, and those above it. */
export async function makeRoomFor(path: string): Promise<void> {
  try {
    await makeDirectories(dirname(path));
  } catch (error) {
    throw localError(error, dirname(path));
  }
}

/** Makes new names in directories durable; some file systems cannot sync one, and lose nothing by it. */
export async function syncDirectories(paths: Iterable<string>): Promise<void> {
  for (const path of paths) {
    const directory = await open(path, 'r').catch(() => null);
    await directory?.sync().catch(() => {});
    await directory?.close();
  }
}
