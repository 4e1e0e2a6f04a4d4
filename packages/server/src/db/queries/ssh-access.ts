import type { SshAddress } from '@quarry/contract';
import type { Queries } from '../database.ts';

/** What decides who may log in to the runs of a cluster; undefined when there is no such cluster. */
export async function findLetIn(queries: Queries, clusterId: string) {
  return queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .where('clusters.id', '=', clusterId)
    .select(['jobs.definition', 'users.ssh_keys', 'users.cidr_rule', 'users.is_active'])
    .executeTakeFirst();
}

/** Where people log in by SSH, or why they cannot. */
export interface ClusterSsh {
  address: SshAddress | null;
  problem: string | null;
}

/** Notes what the agent of a cluster says of that. */
export async function noteSsh(queries: Queries, clusterId: string, ssh: ClusterSsh): Promise<void> {
  await queries
    .updateTable('clusters')
    .set({ ssh: JSON.stringify(ssh) })
    .where('id', '=', clusterId)
    .execute();
}

/** What it has said: null before, and by an agent of a version that lets nobody in. */
export interface SshOfCluster {
  told: ClusterSsh | null;
  hasAgent: boolean;
}

/** Null when the cluster has ended. */
export async function findClusterSsh(queries: Queries, clusterId: string): Promise<SshOfCluster | null> {
  const cluster = await queries
    .selectFrom('clusters')
    .where('id', '=', clusterId)
    .where('is_ended', '=', 0)
    .select(['ssh', 'applied_event'])
    .executeTakeFirst();
  return (
    (cluster && {
      told: cluster.ssh === null ? null : (JSON.parse(cluster.ssh) as ClusterSsh),
      hasAgent: cluster.applied_event > 0,
    }) ??
    null
  );
}
