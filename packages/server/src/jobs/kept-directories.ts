/** What is left on the disk of clusters that have ended: directories of runs that were cut off, and nothing else. */
import { readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import {
  findExpiredDirectories,
  findKeptDirectories,
  giveUpDirectories,
} from '../db/queries/kept-directories.ts';
import type { Logger } from '../logger.ts';
import { removeTree } from '../remove-tree.ts';
import type { ClusterSite } from './new-cluster.ts';
import { clusterDirectoryOf } from './runs/run-directory.ts';

export interface KeptDirectories extends AsyncDisposable {
  /** Removes directories that no run has any more, in the background. What a crash leaves is removed by the next start. */
  remove(directories: readonly string[]): void;
  /** Gives up those that have been kept long enough; answers how many they were. */
  expire(): Promise<number>;
  /** Resolves when what was to be removed by now is removed. */
  settle(): Promise<void>;
}

export function createKeptDirectories(options: {
  database: Database;
  clock: Clock;
  logger: Logger;
  site: ClusterSite;
}): KeptDirectories {
  const { database, clock, logger, site } = options;
  const closing = new AbortController();
  const background = new Set<Promise<void>>();

  async function removeOne(directory: string): Promise<void> {
    const cluster = clusterDirectoryOf(directory);
    // Rows of a data directory that was copied name those of the original.
    if (!cluster.startsWith(site.clustersDirectory + sep)) return;
    const { is_ended: isEnded } = (await database.read
      .selectFrom('clusters')
      .where('directory', '=', cluster)
      .select('is_ended')
      .executeTakeFirst()) ?? { is_ended: 1 };
    // Its agent may be about to use the place again; what is left goes with the cluster.
    if (!isEnded) return;
    await removeClusterDirectory(cluster, database, closing.signal);
  }

  const keptDirectories: KeptDirectories = {
    remove(directories) {
      for (const directory of directories) {
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
          const directories: string[] = [];
          for (const { jobId, number } of await findExpiredDirectories(queries, clock.now()))
            directories.push(...(await giveUpDirectories(queries, jobId, [number])));
          return directories;
        },
        { mayUseReserve: true },
      );
      if (expired.length > 0) {
        logger.info({ directories: expired.length }, 'directories of lost runs have been kept long enough');
        keptDirectories.remove(expired);
      }
      return expired.length;
    },
    async settle() {
      await Promise.all(background);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all(background);
    },
  };
  return keptDirectories;
}

/**
 * Removes the directory of a cluster that has ended, but for those of its runs that are kept, and for what their agent
 * had to say. When aborted, the rest stays.
 */
export async function removeClusterDirectory(
  directory: string,
  { read }: Pick<Database, 'read'>,
  signal: AbortSignal,
): Promise<void> {
  const spared = await findSpared(directory, await findKeptDirectories(read));
  if (spared.length === 0) return await removeTree(directory, signal);
  await prune(directory, [...spared, join(directory, 'agent.log')], signal);
}

/** Links that an agent makes in the directory of a run while its home lies elsewhere: where it executes, or is about to. */
const HOME_LINKS = ['home', 'home.link'];

/** Of directories that are kept, and homes of these that an agent has left in one of its slots, those in a directory. */
async function findSpared(directory: string, kept: readonly string[]): Promise<string[]> {
  const spared = new Set<string>();
  for (const each of kept) {
    if (clusterDirectoryOf(each) === directory) spared.add(each);
    for (const path of [each, ...HOME_LINKS.map((name) => join(each, name))]) {
      const real = await realpath(path).catch(() => null);
      if (real?.startsWith(directory + sep)) spared.add(real);
    }
  }
  return [...spared];
}

/** Removes what is in a directory and neither spared nor on the way to it; what is gone already is fine. */
async function prune(directory: string, spared: readonly string[], signal: AbortSignal): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(noneIfMissing)) {
    if (signal.aborted) return;
    const path = join(directory, entry.name);
    if (spared.includes(path)) continue;
    const isOnTheWay = spared.some((kept) => kept.startsWith(path + sep));
    if (!entry.isDirectory()) await rm(path, { force: true });
    else if (isOnTheWay) await prune(path, spared, signal);
    else await removeTree(path, signal);
  }
}

function noneIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
