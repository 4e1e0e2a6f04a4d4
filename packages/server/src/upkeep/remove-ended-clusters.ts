import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../db/database.ts';
import { pickKeptClusters } from '../db/queries/kept-clusters.ts';
import { removeTree } from '../remove-tree.ts';
import type { UpkeepRun, Work } from './upkeep.ts';

const AT_ONCE = 500;

/**
 * Removes the directories of clusters that have ended, which a crash or a tree that could not be removed has left. One
 * that cannot be removed now is told and passed over.
 */
export async function removeEndedClusters(
  { database, clustersDirectory }: { database: Database; clustersDirectory: string },
  { signal, fail }: UpkeepRun,
): Promise<Work> {
  const names = await readdir(clustersDirectory);
  let removed = 0;
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    const kept = await pickKeptClusters(database.read, some);
    for (const name of some) {
      if (signal.aborted) return { removed };
      if (kept.has(name)) continue;
      const directory = join(clustersDirectory, name);
      try {
        await removeTree(directory, signal);
        removed += 1;
      } catch (error) {
        fail(error, { directory });
      }
    }
  }
  return { removed };
}
