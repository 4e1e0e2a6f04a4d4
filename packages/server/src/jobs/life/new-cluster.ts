import { join } from 'node:path';
import { type Clock, secondsBetween } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { findOwner } from '../../db/queries/find-site.ts';
import { findSeenClusters } from '../../db/queries/persistent-clusters.ts';
import { newId } from '../../ids.ts';

export interface ClusterSite {
  clustersDirectory: string;
  /** Where agents have theirs on disks of their own; null where they share that of the server. */
  agentDirectory: string | null;
  schedulerName: string;
  /** How long the directory of a run is kept that was cut off by the end of its agent; 0: not at all. */
  lostRunDays: number;
}

/** The same site for runs that go on in directories which are kept: these lie in the data directory. */
export function besideKept<Site extends ClusterSite>(site: Site): Site {
  return { ...site, agentDirectory: null };
}

/**
 * Gives a job the cluster that executes its runs from now on: a share of its persistent cluster, where it has one. The time
 * for which the cluster before it executed runs is set aside, since `date_started` belongs to the current one; what was
 * executed on a persistent cluster is paid for with that. With `mayLeave` a job whose persistent cluster has ended, or is no
 * longer one for its owner, gets one by itself. Answers the id of the cluster.
 */
export async function insertCluster(
  queries: Queries,
  clock: Clock,
  site: ClusterSite,
  jobId: string,
  { mayLeave = false } = {},
): Promise<string> {
  const id = newId();
  const job = await queries
    .selectFrom('jobs')
    .leftJoin('persistent_clusters', 'persistent_clusters.id', 'jobs.persistent_cluster_id')
    .where('jobs.id', '=', jobId)
    .select(['jobs.owner_id', 'jobs.date_started', 'date_completed', 'used_seconds', 'covered_seconds'])
    .select(['persistent_cluster_id', 'persistent_clusters.phase'])
    .executeTakeFirstOrThrow();
  const isOver = job.phase === 'ending' || job.phase === 'stopped';
  const wished = job.persistent_cluster_id;
  const leaves = mayLeave && wished !== null && (isOver || !(await isSeen(queries, job.owner_id, wished)));
  const persistent = leaves ? null : wished;
  const now = clock.now();
  const used =
    job.date_started === null ? 0 : Math.max(0, secondsBetween(job.date_started, job.date_completed ?? now));
  if (used > 0 && wished === null) {
    await queries
      .insertInto('job_stretches')
      .values({ job_id: jobId, date_started: job.date_started!, date_ended: job.date_completed ?? now })
      .execute();
  }
  // What holds a persistent cluster works in the data directory, and so do the jobs on it.
  const agentDirectory = persistent === null ? site.agentDirectory : null;
  await queries
    .insertInto('clusters')
    .values({
      id,
      job_id: jobId,
      scheduler: site.schedulerName,
      directory: join(agentDirectory ?? site.clustersDirectory, id),
      shares_files: agentDirectory === null ? 1 : 0,
      handle: null,
      applied_event: 0,
      batch: 0,
      slots_granted: null,
      hostname: null,
      ssh: null,
      persistent_id: persistent,
      is_ended: 0,
      date_inserted: now,
      date_ended: null,
    })
    .execute();
  await queries
    .updateTable('jobs')
    .set({
      cluster_id: id,
      persistent_cluster_id: persistent,
      date_started: null,
      ...(job.persistent_cluster_id === null
        ? { used_seconds: job.used_seconds + used }
        : { covered_seconds: job.covered_seconds + used }),
    })
    .where('id', '=', jobId)
    .execute();
  return id;
}

/** Who has left the project of a cluster sees it no more, and executes nothing there. */
async function isSeen(queries: Queries, ownerId: string, clusterId: string): Promise<boolean> {
  return (await findSeenClusters(queries, await findOwner(queries, ownerId), [clusterId])).length > 0;
}
