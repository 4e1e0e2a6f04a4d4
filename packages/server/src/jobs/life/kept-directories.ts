/** Directories of runs that were cut off, in those of clusters that have ended. */
import { basename, sep } from 'node:path';
import { removeTree } from '@quarry/agent/files/remove-tree';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import { findClusterUses } from '../../db/queries/cluster-uses.ts';
import { findExpiredDirectories, giveUpDirectories } from '../../db/queries/kept-directories.ts';
import type { Logger } from '../../logger.ts';
import { clusterDirectoryOf } from '../runs/run-directory.ts';
import type { ClusterDirectories } from './cluster-directories.ts';
import type { ClusterSite } from './new-cluster.ts';

export interface KeptDirectories extends AsyncDisposable {
  /** Removes directories that no run has any more, in the background. What a crash leaves is removed by the next start. */
  remove(directories: readonly string[]): void;
  /** Gives up those that have been kept long enough; answers how many they were. */
  expire(): Promise<number>;
  /** Resolves when what was to be removed by now is removed. */
  whenIdle(): Promise<void>;
}

export function createKeptDirectories(options: {
  database: Database;
  clock: Clock;
  logger: Logger;
  directories: Pick<ClusterDirectories, 'remove'>;
  site: ClusterSite;
}): KeptDirectories {
  const { database, clock, logger, directories, site } = options;
  const closing = new AbortController();
  const background = new Set<Promise<void>>();

  async function removeOne(directory: string): Promise<void> {
    const cluster = clusterDirectoryOf(directory);
    // Rows of a data directory that was copied name those of the original.
    if (!cluster.startsWith(site.clustersDirectory + sep)) {
      return;
    }
    const clusterId = basename(cluster);
    const use = (await findClusterUses(database.read, [clusterId])).get(clusterId);
    // Its agent may be about to use the place again; what is left goes with the cluster.
    if (use === 'live') {
      return;
    }
    if (use === 'kept') {
      await removeTree(directory, closing.signal);
    } else {
      await directories.remove(cluster, closing.signal);
    }
  }

  const keptDirectories: KeptDirectories = {
    remove(discarded) {
      for (const directory of discarded) {
        const tracked: Promise<void> = removeOne(directory)
          .catch((error) =>
            logger.error({ err: error, directory }, 'a directory of a run could not be removed'),
          )
          .finally(() => background.delete(tracked));
        background.add(tracked);
      }
    },
    async expire() {
      const expired = await database.write(
        async (queries) => {
          const given: string[] = [];
          for (const { jobId, number } of await findExpiredDirectories(queries, clock.now())) {
            given.push(...(await giveUpDirectories(queries, jobId, [number])));
          }
          return given;
        },
        { mayUseReserve: true },
      );
      if (expired.length > 0) {
        logger.info({ directories: expired.length }, 'directories of lost runs have been kept long enough');
        keptDirectories.remove(expired);
      }
      return expired.length;
    },
    async whenIdle() {
      await Promise.all(background);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all(background);
    },
  };
  return keptDirectories;
}
