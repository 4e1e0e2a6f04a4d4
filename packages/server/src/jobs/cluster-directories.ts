import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@quarry/agent/files/remove-tree';
import type { Database } from '../db/database.ts';
import { findClusterUses } from '../db/queries/cluster-uses.ts';
import type { Logger } from '../logger.ts';

/** The directories of clusters, which go when nothing of them is needed any more. */
export interface ClusterDirectories {
  /**
   * Removes one. What cannot be removed is logged once and stays for `tidy`; never rejects. Answers what is left of it,
   * null when it is gone.
   */
  remove(directory: string, signal: AbortSignal): Promise<string | null>;
  /**
   * Removes those of clusters that have ended, or those of no cluster (their job was deleted, or their row was never
   * written), each for itself.
   */
  tidy(which: 'ended' | 'unknown', signal: AbortSignal): Promise<{ removed: number; left: number }>;
}

const AT_ONCE = 500;

export function createClusterDirectories(options: {
  /** Where all of them are. */
  directory: string;
  database: Database;
  logger: Logger;
}): ClusterDirectories {
  const { directory, database, logger } = options;
  const underWay = new Map<string, Promise<string | null>>();
  const told = new Map<string, string>();

  async function removeOnce(path: string, signal: AbortSignal): Promise<string | null> {
    const { left } = await removeTree(path, signal);
    if (left === null) told.delete(path);
    else if (!signal.aborted && told.get(path) !== left) {
      told.set(path, left);
      logger.error({ path, left }, 'a directory of a cluster could not be removed; it is tried again');
    }
    return left;
  }

  function remove(path: string, signal: AbortSignal): Promise<string | null> {
    const before = underWay.get(path);
    if (before) return before;
    const removal = removeOnce(path, signal).finally(() => underWay.delete(path));
    underWay.set(path, removal);
    return removal;
  }

  return {
    remove,
    async tidy(which, signal) {
      const done = { removed: 0, left: 0 };
      const names = await readdir(directory);
      for (let from = 0; from < names.length; from += AT_ONCE) {
        const some = names.slice(from, from + AT_ONCE);
        const uses = await findClusterUses(database.read, some);
        for (const clusterId of some) {
          if (signal.aborted) return done;
          if ((uses.get(clusterId) ?? 'unknown') !== which) continue;
          const left = await remove(join(directory, clusterId), signal);
          done[left === null ? 'removed' : 'left'] += 1;
        }
      }
      return done;
    },
  };
}
