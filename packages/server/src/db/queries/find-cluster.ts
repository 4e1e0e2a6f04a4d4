import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';

const find = prepared(['clusterId'], (queries, { clusterId }) =>
  queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.cluster_id', 'clusters.id')
    .where('clusters.id', '=', clusterId)
    .where('clusters.is_ended', '=', 0)
    .select([
      'clusters.id',
      'clusters.directory',
      'clusters.applied_event',
      'clusters.batch',
      'jobs.id as job_id',
      'jobs.owner_id',
      'jobs.state',
      'jobs.core_type',
      'jobs.cores_per_slot',
      'jobs.gpus_per_slot',
      'jobs.slots',
      'jobs.walltime_seconds',
      'jobs.is_sweep',
      'clusters.slots_granted',
      'clusters.persistent_id',
    ]),
);

/** A cluster that has not ended, with what its agent needs of the job. */
export async function findCluster(queries: Queries, clusterId: string) {
  const [cluster] = await find(queries, { clusterId });
  return cluster;
}

export type LiveCluster = NonNullable<Awaited<ReturnType<typeof findCluster>>>;
