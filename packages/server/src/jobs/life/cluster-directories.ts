import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../db/database.ts';
import { findClusterUses } from '../../db/queries/cluster-uses.ts';
import type { Logger } from '../../logger.ts';
import { removeUnkept, type UnkeptRemoval } from './remove-unkept.ts';

/** The directories of clusters, which go when nothing of them is needed any more. */
export interface ClusterDirectories {
  /**
   * Removes one, but for directories of runs that can be resumed. What cannot be removed is logged once and stays for
   * `tidy`, and so does all of it when the database cannot tell what is kept.
   */
  remove(directory: string, signal: AbortSignal): Promise<UnkeptRemoval>;
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
  const underWay = new Map<string, Promise<UnkeptRemoval>>();
  const told = new Map<string, string>();

  async function removeOnce(path: string, signal: AbortSignal): Promise<UnkeptRemoval> {
    const removal = await removeUnkept(path, database, signal);
    const { left } = removal;
    if (left === null) {
      told.delete(path);
    } else if (!signal.aborted && told.get(path) !== left) {
      told.set(path, left);
      logger.error({ path, left }, 'a directory of a cluster could not be removed; it is tried again');
    }
    return removal;
  }

  function remove(path: string, signal: AbortSignal): Promise<UnkeptRemoval> {
    // Something of it may be kept no more since the one before has begun.
    const before = underWay.get(path)?.catch(() => undefined) ?? Promise.resolve();
    const removal = before
      .then(() => removeOnce(path, signal))
      .finally(() => {
        if (underWay.get(path) === removal) {
          underWay.delete(path);
        }
      });
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
          if (signal.aborted) {
            return done;
          }
          if ((uses.get(clusterId) ?? 'unknown') !== which) {
            continue;
          }
          const { left, isKept } = await remove(join(directory, clusterId), signal);
          if (left !== null) {
            done.left += 1;
          } else if (!isKept) {
            done.removed += 1;
          }
        }
      }
      return done;
    },
  };
}
