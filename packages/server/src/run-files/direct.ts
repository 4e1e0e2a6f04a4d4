import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { StepRefused } from '@quarry/agent/files/cursor';
import { listEntries, lookAt } from '@quarry/agent/files/door';
import { Pace } from '@quarry/agent/files/pace';
import { type RawName, textOf } from '@quarry/agent/files/raw-name';
import { commandsAreOver } from '@quarry/agent/record-end';
import { LIMITS } from '../limits.ts';
import type { EntryType, FileLook, ListedEntry, Listing, RunFile, RunFiles } from './run-files.ts';
import { openInside, openWorkDirectory, type WorkDirectory } from './work-directory.ts';

/** Files of runs on a disk that this server shares with their agents. */
export function createDirectRunFiles(): RunFiles {
  return {
    async list(place) {
      using work = await openWorkDirectory(place);
      return await listAll(work);
    },
    async open(place, path) {
      using work = await openWorkDirectory(place);
      const { handle, path: known } = await openInside(work, path);
      return {
        path: known,
        look: async () => toLook(await handle.stat({ bigint: true })),
        read: (into, position) => fill(handle, into, position),
        close: () => handle.close(),
      } satisfies RunFile;
    },
    isCollected: async ({ directory }) => commandsAreOver(directory),
  };
}

async function fill(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0) {
      break;
    }
    filled += bytesRead;
  }
  return filled;
}

function toLook({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileLook {
  return { sizeBytes: Number(size), stamp: `${mtimeNs}:${ctimeNs}`, identity: `${dev}:${ino}` };
}

/** A directory on the way down, with those in it that are yet to be entered. */
interface Level {
  prefix: string;
  left: RawName[];
}

/** How much may still come. */
interface Bounds {
  entries: number;
  files: number;
  pathBytes: number;
}

/** Links are not followed. */
async function listAll(work: WorkDirectory | null): Promise<Listing> {
  const listing: Listing = { entries: [], isWhole: true };
  if (work === null) {
    return listing;
  }
  const { cursor } = work;
  const base = cursor.depth;
  const pace = new Pace();
  const bounds = {
    entries: LIMITS.directoryWalk,
    files: LIMITS.directoryEntries,
    pathBytes: LIMITS.directoryPathBytes,
  };
  const levels = [listOne(cursor.fd, '', listing, bounds)];
  for (let level = levels.at(-1); level !== undefined && listing.isWhole; level = levels.at(-1)) {
    const name = level.left.pop();
    // A directory may vanish, or become a link, while the command runs.
    try {
      if (name !== undefined) {
        cursor.enter(name);
        levels.push(listOne(cursor.fd, `${level.prefix}${textOf(name)}/`, listing, bounds));
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

function listOne(fd: number, prefix: string, listing: Listing, bounds: Bounds): Level {
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

function toEntry(path: string, stats: BigIntStats): ListedEntry {
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
