import type { Queries } from '../database.ts';
import type { ClusterStatusRow } from '../tables.ts';
import { persistentIdsOf } from './persistent-clusters.ts';

/** The history of a job, newest first. */
export function listJobStatuses(queries: Queries, jobId: string) {
  return queries
    .selectFrom('job_statuses')
    .where('job_id', '=', jobId)
    .orderBy('status_date', 'desc')
    .selectAll()
    .execute();
}

/**
 * The history of a job's cluster, newest first; empty before there is one. Of a persistent one that is its own history: what
 * became of the share that the job has of it is told by the history of the job.
 */
export function listClusterStatuses(queries: Queries, jobId: string): Promise<ClusterStatusRow[]> {
  const persistent = queries
    .selectFrom('persistent_cluster_statuses')
    .where('cluster_id', 'in', persistentIdsOf(queries, jobId))
    .selectAll('persistent_cluster_statuses');
  return queries
    .selectFrom('cluster_statuses')
    .innerJoin('clusters', 'clusters.id', 'cluster_statuses.cluster_id')
    .where('clusters.job_id', '=', jobId)
    .where('clusters.persistent_id', 'is', null)
    .selectAll('cluster_statuses')
    .unionAll(persistent)
    .orderBy('status_date', 'desc')
    .execute();
}

/** The history of one cluster, newest first. */
export function listStatusesOfCluster(queries: Queries, clusterId: string): Promise<ClusterStatusRow[]> {
  return queries
    .selectFrom('cluster_statuses')
    .where('cluster_id', '=', clusterId)
    .selectAll()
    .unionAll(
      queries.selectFrom('persistent_cluster_statuses').where('cluster_id', '=', clusterId).selectAll(),
    )
    .orderBy('status_date', 'desc')
    .execute();
}

/** The newest row of a job's history with this status, if any. */
export function findLastStatus(queries: Queries, jobId: string, status: string) {
  return queries
    .selectFrom('job_statuses')
    .where('job_id', '=', jobId)
    .where('status', '=', status)
    .orderBy('status_date', 'desc')
    .limit(1)
    .select('status_date')
    .executeTakeFirst();
}
