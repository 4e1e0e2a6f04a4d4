import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../db/database.ts';
import { type ClusterUse, findClusterUses } from '../db/queries/cluster-uses.ts';
import { removeTree } from '../remove-tree.ts';
import type { UpkeepRun, Work } from './upkeep.ts';

const AT_ONCE = 500;

interface Directories {
  database: Database;
  clustersDirectory: string;
}

/** Removes the directories of clusters that have ended, which a crash or a tree that could not be removed has left. */
export function removeEndedClusters(directories: Directories, run: UpkeepRun): Promise<Work> {
  return removeWhere(directories, run, (use) => use === 'ended');
}

/** Removes directories that belong to no cluster: their job was deleted, or its row was never written. */
export function removeUnknownClusters(directories: Directories, run: UpkeepRun): Promise<Work> {
  return removeWhere(directories, run, (use) => use === undefined);
}

/** One that cannot be removed now is told and passed over. */
async function removeWhere(
  { database, clustersDirectory }: Directories,
  { signal, fail }: UpkeepRun,
  isUnwanted: (use: ClusterUse | undefined) => boolean,
): Promise<Work> {
  const names = await readdir(clustersDirectory);
  let removed = 0;
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    const uses = await findClusterUses(database.read, some);
    for (const name of some) {
      if (signal.aborted) return { removed };
      if (!isUnwanted(uses.get(name))) continue;
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
