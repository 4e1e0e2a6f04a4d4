import type { BigIntStats } from 'node:fs';
import { TreeCursor } from './cursor.ts';
import { listEntries, lookAt, statOf } from './door.ts';
import { Pace } from './pace.ts';
import type { RawName } from './raw-name.ts';

const BLOCK_BYTES = 512n;

export interface DirectorySizeOptions {
  /** Looks into directories, too, that their owner has closed for themselves, and gives them their mode back. */
  opensClosed?: boolean;
  /** Ends the look, which rejects then with its reason. */
  signal?: AbortSignal;
}

/** Bytes that a directory and all in it take on the disk; what cannot be looked at counts nothing. Its path is one that no job can change. */
export async function directorySize(
  path: string,
  { opensClosed = false, signal }: DirectorySizeOptions = {},
): Promise<number> {
  using cursor = new TreeCursor(path, { access: opensClosed ? 0o500 : 0, restoresModes: true });
  const pace = new Pace(signal);
  const size = new Size(statOf(cursor.fd).blocks);
  const levels: RawName[][] = [size.addAll(cursor.fd)];
  for (let names = levels.at(-1); names !== undefined; names = levels.at(-1)) {
    const name = names.pop();
    if (name === undefined) {
      levels.pop();
      if (levels.length > 0) {
        cursor.leave();
      }
    } else if (enters(cursor, name)) {
      levels.push(size.addAll(cursor.fd));
    }
    if (pace.isDue) {
      await pace.rest();
    }
  }
  return Number(size.blocks * BLOCK_BYTES);
}

function enters(cursor: TreeCursor, name: RawName): boolean {
  try {
    cursor.enter(name);
    return true;
  } catch {
    // Another file system, or not ours to enter.
    return false;
  }
}

class Size {
  blocks: bigint;
  /** Files of several names take their space once. */
  readonly #seen = new Set<string>();

  constructor(blocks: bigint) {
    this.blocks = blocks;
  }

  /** Counts the entries of a directory; answers which of them are directories. */
  addAll(directory: number): RawName[] {
    const directories: RawName[] = [];
    try {
      for (const { name, isDirectory } of listEntries(directory)) {
        this.#add(lookAt(directory, name));
        if (isDirectory) {
          directories.push(name);
        }
      }
    } catch {
      // Not ours to list.
    }
    return directories;
  }

  #add(stats: BigIntStats | undefined): void {
    if (stats === undefined) {
      return;
    }
    if (stats.nlink > 1n && !stats.isDirectory()) {
      const id = `${stats.dev}:${stats.ino}`;
      if (this.#seen.has(id)) {
        return;
      }
      this.#seen.add(id);
    }
    this.blocks += stats.blocks;
  }
}
