import { chmodSync, closeSync, constants, lstatSync, openSync, readdirSync, renameSync } from 'node:fs';

const { O_DIRECTORY, O_NOFOLLOW } = constants;
/** Opens whatever its mode says, but for nothing else than to be named; Node has no word for it. */
const O_PATH = 0o10000000;

/**
 * Renames something that a job has made, whose directory no job can change. Linux lets only its owner move a directory
 * that must not be written to, and that owner has to make it writable first.
 */
export function moveAway(from: string | Buffer, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') {
      throw error;
    }
    const fd = openSync(from, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      chmodSync(`/proc/self/fd/${fd}`, 0o700);
    } finally {
      closeSync(fd);
    }
    renameSync(from, to);
  }
}

/**
 * Discards what is in a directory but for the directories `kept`, given relative to it, and those on the way to them. False
 * when one of these is not there, or is something else.
 */
export function clearDirectory(
  directory: string,
  kept: readonly string[],
  discard: (path: Buffer) => void,
): boolean {
  let isWhole = true;
  const expected = Map.groupBy(kept, (path) => path.split('/', 1)[0]!);
  for (const name of readdirSync(directory, { encoding: 'buffer' })) {
    const path = Buffer.concat([Buffer.from(`${directory}/`), name]);
    const below = expected.get(name.toString('utf8'));
    if (below === undefined || !lstatSync(path).isDirectory()) {
      discard(path);
      continue;
    }
    expected.delete(name.toString('utf8'));
    const inside = below.flatMap((each) => each.split('/').slice(1).join('/') || []);
    isWhole = clearDirectory(path.toString('utf8'), inside, discard) && isWhole;
  }
  return isWhole && expected.size === 0;
}
