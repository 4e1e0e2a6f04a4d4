/**
 * What a copy of a data directory tells of jobs under way is of the original: its agents belong to that, and what they
 * have done since the copy was made is unknown here. Their jobs end, and none is executed or resumed by itself.
 *
 * A copy at another place knows the original's paths. The processes and files there are not its own to touch, not even
 * for having a look; it goes by what was copied along. A copy in the place of the original, a backup that was restored,
 * has taken over its directories, and what still lives of its agents is ended.
 */
import { existsSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { Failure } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Database, Queries } from '../../db/database.ts';
import { findKeptDirectories, NO_DIRECTORY } from '../../db/queries/kept-directories.ts';
import { findLiveClusters } from '../../db/queries/live-jobs.ts';
import type { Logger } from '../../logger.ts';
import { clusterDirectoryOf, runDirectory } from '../runs/run-directory.ts';
import { stopUndelivered } from '../runs/stop-undelivered.ts';
import { loseAgent } from './lose-agent.ts';
import type { ClusterSite } from './new-cluster.ts';
import { type Applied, openLife, readState } from './store.ts';

const RESTORED: Failure = {
  code: 'agent_lost',
  message: 'The platform was restored from a copy that was made while the job was under way.',
  hint: 'Look at what is there of it. Runs that were cut off may be resumed (quarry runs resume), all can be executed again (POST jobs/{id}/runs/rerun/, quarry runs rerun).',
};

type LiveCluster = Awaited<ReturnType<typeof findLiveClusters>>[number];

interface Options {
  database: Database;
  clock: Clock;
  site: ClusterSite;
  logger: Logger;
  /** Whether this is known to be a copy; one at another place is seen to be one. */
  isCopy: boolean;
}

export interface Restored {
  /** For the effects of what was applied. */
  applied: Applied[];
  /** Clusters in the place of the original whose agents may still live. */
  toEnd: Set<string>;
}

/** Ends what the original had under way. May be repeated; to be called before any agent is answered. */
export async function endJobsOfOriginal(options: Options): Promise<Restored> {
  const { database, logger, isCopy } = options;
  const restored: Restored = { applied: [], toEnd: new Set() };
  let ended = 0;
  for (const cluster of await findLiveClusters(database.read)) {
    // An agent on a disk of its own goes when the platform that it speaks for does not know it any more.
    const isElsewhere = cluster.sharesFiles === 1 ? !isInside(cluster.directory, options.site) : isCopy;
    if (!isElsewhere && !isCopy) {
      continue;
    }
    const isUnderWay = ['launched', 'ready', 'executing'].includes(readState(cluster.state).phase);
    if (isUnderWay && cluster.clusterId === cluster.currentClusterId) {
      ended += 1;
    }
    if (isElsewhere) {
      restored.applied.push(...(await disown(cluster, isUnderWay, options)));
    } else {
      restored.toEnd.add(cluster.clusterId);
      if (isUnderWay) {
        restored.applied.push(await stop(cluster, options));
      }
    }
  }
  await takeOverDirectories(options);
  if (ended > 0) {
    logger.warn(
      { jobs: ended },
      'this data directory is a copy: jobs that were under way in the original end here',
    );
  }
  return restored;
}

/** The job ends when what is left of its agent has been ended and collected; no run of it gets another attempt. */
function stop({ jobId }: LiveCluster, { database, clock }: Options): Promise<Applied> {
  return database.write((queries) => stopWithin(queries, clock, jobId), { mayUseReserve: true });
}

async function stopWithin(queries: Queries, clock: Clock, jobId: string): Promise<Applied> {
  const life = await openLife(queries, clock, jobId);
  const ending = { outcome: 'failed' as const, failure: RESTORED };
  if (!life.state.stop) {
    const undelivered = await stopUndelivered(queries, clock, jobId, { ...ending, outcome: 'stopped' });
    life.apply({ type: 'stop_requested', kind: 'graceful', undelivered, ending });
  }
  return await life.save();
}

/** Gives a cluster a directory of our own, and no agent; a job that was under way ends at once. */
function disown(
  { clusterId, currentClusterId, jobId }: LiveCluster,
  isUnderWay: boolean,
  { database, clock, site }: Options,
): Promise<Applied[]> {
  const directory = join(site.clustersDirectory, clusterId);
  return database.write(
    async (queries) => {
      await queries
        .updateTable('clusters')
        .set({ directory, shares_files: 1, handle: null })
        .where('id', '=', clusterId)
        .execute();
      if (clusterId !== currentClusterId) {
        return [];
      }
      const stopped = isUnderWay ? [await stopWithin(queries, clock, jobId)] : [];
      const lost = await loseAgent(
        queries,
        clock,
        site,
        { jobId, clusterId, directory, sharesFiles: 1 },
        RESTORED,
      );
      return [...stopped, lost.applied];
    },
    { mayUseReserve: true },
  );
}

/** Directories of runs that were cut off are those that were copied along, or none. */
async function takeOverDirectories({ database, site }: Options): Promise<void> {
  const kept = await findKeptDirectories(database.read);
  for (const directory of kept.filter((each) => !isInside(each, site))) {
    const cluster = join(site.clustersDirectory, basename(clusterDirectoryOf(directory)));
    const copied = runDirectory(cluster, Number(basename(directory)));
    await database.write((queries) =>
      queries
        .updateTable('runs')
        .set(existsSync(copied) ? { directory: copied } : NO_DIRECTORY)
        .where('directory', '=', directory)
        .execute(),
    );
  }
}

function isInside(directory: string, { clustersDirectory }: ClusterSite): boolean {
  return directory.startsWith(clustersDirectory + sep);
}
