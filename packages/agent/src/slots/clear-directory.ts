import { closeSync, renameSync } from 'node:fs';
import { entryAt, hasCode, listEntries, openDirectory, setMode } from '../files/door.ts';
import { type RawName, rawOf } from '../files/raw-name.ts';

const OWNER_ALL = 0o700;

/**
 * Renames an entry of an open directory, which may be something that a job has made, to a name in another one. Linux lets
 * only its owner move a directory that must not be written to, and that owner has to make it writable first.
 */
export function moveAway(directory: number, name: RawName, to: string | Buffer): void {
  const from = entryAt(directory, name);
  try {
    renameSync(from, to);
  } catch (error) {
    if (!hasCode(error, 'EACCES')) {
      throw error;
    }
    const fd = openDirectory(directory, name);
    try {
      setMode(fd, OWNER_ALL);
    } finally {
      closeSync(fd);
    }
    renameSync(from, to);
  }
}

/**
 * Discards what is in an open directory but for the directories `kept`, given relative to it, and those on the way to them.
 * False when one of these is not there, or is something else.
 */
export function clearDirectory(
  directory: number,
  kept: readonly string[],
  discard: (directory: number, name: RawName) => void,
): boolean {
  let isWhole = true;
  const expected = Map.groupBy(kept, (path) => rawOf(path.split('/', 1)[0]!));
  for (const { name } of listEntries(directory)) {
    const below = expected.get(name);
    const fd = below === undefined ? null : openIfDirectory(directory, name);
    if (below === undefined || fd === null) {
      discard(directory, name);
      continue;
    }
    try {
      expected.delete(name);
      const inside = below.flatMap((each) => each.split('/').slice(1).join('/') || []);
      isWhole = clearDirectory(fd, inside, discard) && isWhole;
    } finally {
      closeSync(fd);
    }
  }
  return isWhole && expected.size === 0;
}

/** Null where something else is. */
function openIfDirectory(directory: number, name: RawName): number | null {
  try {
    return openDirectory(directory, name);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR', 'ENOENT')) {
      return null;
    }
    throw error;
  }
}
