import { join } from 'node:path';
import { type Clock, secondsBetween } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { newId } from '../../ids.ts';

export interface ClusterSite {
  clustersDirectory: string;
  /** Where agents have theirs on disks of their own; null where they share that of the server. */
  agentDirectory: string | null;
  schedulerName: string;
  /** How long the directory of a run is kept that was cut off by the end of its agent; 0: not at all. */
  lostRunDays: number;
}

/**
 * Gives a job the cluster that executes its runs from now on. The time for which the cluster before it executed
 * runs is set aside, since `date_started` belongs to the current one. Answers the id of the cluster.
 */
export async function insertCluster(
  queries: Queries,
  clock: Clock,
  site: ClusterSite,
  jobId: string,
): Promise<string> {
  const id = newId();
  const job = await queries
    .selectFrom('jobs')
    .where('id', '=', jobId)
    .select(['date_started', 'date_completed', 'used_seconds'])
    .executeTakeFirstOrThrow();
  const now = clock.now();
  const used =
    job.date_started === null ? 0 : Math.max(0, secondsBetween(job.date_started, job.date_completed ?? now));
  await queries
    .insertInto('clusters')
    .values({
      id,
      job_id: jobId,
      scheduler: site.schedulerName,
      directory: join(site.agentDirectory ?? site.clustersDirectory, id),
      shares_files: site.agentDirectory === null ? 1 : 0,
      handle: null,
      applied_event: 0,
      batch: 0,
      slots_granted: null,
      hostname: null,
      ssh: null,
      is_ended: 0,
      date_inserted: now,
      date_ended: null,
    })
    .execute();
  await queries
    .updateTable('jobs')
    .set({ cluster_id: id, date_started: null, used_seconds: job.used_seconds + used })
    .where('id', '=', jobId)
    .execute();
  return id;
}
