import type { Queries } from '../database.ts';

/** The owner of a cluster's job, for whom its agent acts; nothing once the cluster has ended. */
export function findClusterOwner(queries: Queries, clusterId: string) {
  return queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.cluster_id', 'clusters.id')
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .where('clusters.id', '=', clusterId)
    .where('clusters.is_ended', '=', 0)
    .select([
      'jobs.id as jobId',
      'users.id as userId',
      'users.email as email',
      'users.role as role',
      'users.workspace_id as workspaceId',
    ])
    .executeTakeFirst();
}
