/** What is left on the disk of clusters that have ended: directories of runs that were cut off, and nothing else. */
import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Removal, removeTree } from '@quarry/agent/files/remove-tree';
import type { Database } from '../../db/database.ts';
import { findKeptDirectories } from '../../db/queries/kept-directories.ts';
import { clusterDirectoryOf } from '../runs/run-directory.ts';

export interface UnkeptRemoval extends Removal {
  /** Whether something of it is kept. */
  isKept: boolean;
}

/**
 * Removes the directory of a cluster that has ended, but for those of its runs that are kept, and for what their agent
 * had to say. When aborted, the rest stays.
 */
export async function removeUnkept(
  directory: string,
  { read }: Pick<Database, 'read'>,
  signal: AbortSignal,
): Promise<UnkeptRemoval> {
  const spared = await findSpared(directory, await findKeptDirectories(read));
  if (spared.length === 0) {
    return { ...(await removeTree(directory, signal)), isKept: false };
  }
  return { left: await prune(directory, [...spared, join(directory, 'agent.log')], signal), isKept: true };
}

/** Links that an agent makes in the directory of a run while its home lies elsewhere: where it executes, or is about to. */
const HOME_LINKS = ['home', 'home.link'];

/** Of directories that are kept, and homes of these that an agent has left in one of its slots, those in a directory. */
async function findSpared(directory: string, kept: readonly string[]): Promise<string[]> {
  const spared = new Set<string>();
  for (const each of kept) {
    if (clusterDirectoryOf(each) === directory) {
      spared.add(each);
    }
    for (const path of [each, ...HOME_LINKS.map((name) => join(each, name))]) {
      const real = await realpath(path).catch(() => null);
      if (real?.startsWith(directory + sep)) {
        spared.add(real);
      }
    }
  }
  return [...spared];
}

/**
 * Removes what is in a directory and neither spared nor on the way to it; what is gone already is fine. Answers what could
 * not be removed, in words.
 */
async function prune(
  directory: string,
  spared: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  let left: string | null = null;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(noneIfMissing)) {
    if (signal.aborted) {
      return left;
    }
    const path = join(directory, entry.name);
    if (spared.includes(path)) {
      continue;
    }
    const isOnTheWay = entry.isDirectory() && spared.some((kept) => kept.startsWith(path + sep));
    const stays = isOnTheWay ? await prune(path, spared, signal) : (await removeTree(path, signal)).left;
    left ??= stays;
  }
  return left;
}

function noneIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') {
    return [];
  }
  throw error;
}
