import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@quarry/agent/files/remove-tree';
import type { Database } from '../db/database.ts';
import type { Logger } from '../logger.ts';

/** The directories of clusters, which go when nothing of them is needed any more. */
export interface ClusterDirectories {
  /** Removes one. What cannot be removed is logged once and stays for `tidy`; never rejects. */
  remove(directory: string, signal: AbortSignal): Promise<void>;
  /** Removes those of clusters that have ended, or that nobody knows, each for itself. */
  tidy(signal: AbortSignal): Promise<void>;
}

export function createClusterDirectories(options: {
  /** Where all of them are. */
  directory: string;
  database: Database;
  logger: Logger;
}): ClusterDirectories {
  const { directory, database, logger } = options;
  const underWay = new Map<string, Promise<void>>();
  const told = new Map<string, string>();

  async function removeOnce(path: string, signal: AbortSignal): Promise<void> {
    const { left } = await removeTree(path, signal);
    if (left === null) told.delete(path);
    else if (!signal.aborted && told.get(path) !== left) {
      told.set(path, left);
      logger.error({ path, left }, 'a directory of a cluster could not be removed; it is tried again');
    }
  }

  function remove(path: string, signal: AbortSignal): Promise<void> {
    const before = underWay.get(path);
    if (before) return before;
    const removal = removeOnce(path, signal).finally(() => underWay.delete(path));
    underWay.set(path, removal);
    return removal;
  }

  async function isNeeded(clusterId: string): Promise<boolean> {
    const cluster = await database.read
      .selectFrom('clusters')
      .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
      .where('clusters.id', '=', clusterId)
      .select(['clusters.is_ended', 'jobs.state'])
      .executeTakeFirst();
    return cluster !== undefined && (!cluster.is_ended || cluster.state.includes('"output_lost"'));
  }

  return {
    remove,
    async tidy(signal) {
      for (const clusterId of await readdir(directory)) {
        if (signal.aborted) return;
        if (!(await isNeeded(clusterId))) await remove(join(directory, clusterId), signal);
      }
    },
  };
}
