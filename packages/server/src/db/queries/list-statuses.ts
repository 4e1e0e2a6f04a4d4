import type { Queries } from '../database.ts';

/** The history of a job, newest first. */
export function listJobStatuses(queries: Queries, jobId: string) {
  return queries
    .selectFrom('job_statuses')
    .where('job_id', '=', jobId)
    .orderBy('status_date', 'desc')
    .selectAll()
    .execute();
}

/** The history of a job's cluster, newest first; empty before there is one. */
export function listClusterStatuses(queries: Queries, jobId: string) {
  return queries
    .selectFrom('cluster_statuses')
    .innerJoin('clusters', 'clusters.id', 'cluster_statuses.cluster_id')
    .where('clusters.job_id', '=', jobId)
    .orderBy('status_date', 'desc')
    .selectAll('cluster_statuses')
    .execute();
}

/** The history of one cluster, newest first. */
export function listStatusesOfCluster(queries: Queries, clusterId: string) {
  return queries
    .selectFrom('cluster_statuses')
    .where('cluster_id', '=', clusterId)
    .orderBy('status_date', 'desc')
    .selectAll()
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
