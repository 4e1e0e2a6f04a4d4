import type { BigIntStats } from 'node:fs';
import { StepRefused, type TreeCursor } from './cursor.ts';
import { listEntries, lookAt } from './door.ts';
import { Pace } from './pace.ts';
import { type RawName, textOf } from './raw-name.ts';

export type EntryType = 'file' | 'directory' | 'link' | 'other';

export interface TreeEntry {
  /** From the directory on that is listed, `/` between names. */
  path: string;
  type: EntryType;
  sizeBytes: number;
  modifiedAt: Date;
}

export interface TreeListing {
  entries: TreeEntry[];
  /** False when there would have been more. */
  isWhole: boolean;
}

/** How much may come. */
export interface TreeBounds {
  /** Of any kind. */
  entries: number;
  files: number;
  /** Of all paths together. */
  pathBytes: number;
}

/** A directory on the way down, with those in it that are yet to be entered. */
interface Level {
  prefix: string;
  left: RawName[];
}

/** What lies below the directory that the cursor is in, in no order. Links are not followed. */
export async function listTree(cursor: TreeCursor, bounds: TreeBounds): Promise<TreeListing> {
  const listing: TreeListing = { entries: [], isWhole: true };
  const left = { ...bounds };
  const base = cursor.depth;
  const pace = new Pace();
  const levels = [listOne(cursor.fd, '', listing, left)];
  for (let level = levels.at(-1); level !== undefined && listing.isWhole; level = levels.at(-1)) {
    const name = level.left.pop();
    // A directory may vanish, or become a link, while the command runs.
    try {
      if (name !== undefined) {
        cursor.enter(name);
        levels.push(listOne(cursor.fd, `${level.prefix}${textOf(name)}/`, listing, left));
      } else {
        levels.pop();
        if (levels.length > 0) {
          cursor.leave();
        }
      }
    } catch (error) {
      if (error instanceof StepRefused) {
        levels.length = Math.min(levels.length, cursor.depth - base + 1);
      }
    }
    if (pace.isDue) {
      await pace.rest();
    }
  }
  return listing;
}

function listOne(fd: number, prefix: string, listing: TreeListing, bounds: TreeBounds): Level {
  const level: Level = { prefix, left: [] };
  try {
    for (const { name, isDirectory, isFile } of listEntries(fd)) {
      if (--bounds.entries < 0 || bounds.pathBytes < 0 || (isFile && --bounds.files < 0)) {
        listing.isWhole = false;
        break;
      }
      if (isDirectory) {
        level.left.push(name);
      }
      const stats = lookAt(fd, name);
      if (stats !== undefined) {
        const path = prefix + textOf(name);
        bounds.pathBytes -= Buffer.byteLength(path);
        listing.entries.push(toEntry(path, stats));
      }
    }
  } catch {
    // Not readable, or removed meanwhile.
  }
  return level;
}

function toEntry(path: string, stats: BigIntStats): TreeEntry {
  return { path, type: typeOf(stats), sizeBytes: Number(stats.size), modifiedAt: stats.mtime };
}

function typeOf(stats: BigIntStats): EntryType {
  if (stats.isFile()) {
    return 'file';
  }
  if (stats.isDirectory()) {
    return 'directory';
  }
  return stats.isSymbolicLink() ? 'link' : 'other';
}
