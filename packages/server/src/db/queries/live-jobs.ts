import { sql } from 'kysely';
import type { Queries } from '../database.ts';

/**
 * Jobs whose last word is that they wait, in order of submission, with what a scheduler must know of each. A job
 * that was launched keeps that status until its agent speaks: only its state tells that it waits no more.
 */
export function findQueuedJobs(queries: Queries) {
  return (
    queries
      .selectFrom('jobs')
      .innerJoin('clusters', 'clusters.id', 'jobs.cluster_id')
      .leftJoin('persistent_clusters', 'persistent_clusters.id', 'clusters.persistent_id')
      .where('jobs.status', 'in', ['Pending', 'Queued', 'Waiting for Cluster'])
      // Literally, not as a parameter: so it is the condition of the index over live jobs.
      .where('jobs.is_completed', '=', sql.lit(0))
      .orderBy('jobs.date_submitted')
      .select([
        'jobs.id as jobId',
        'jobs.state',
        'jobs.slots',
        'jobs.waiting',
        'jobs.cores_per_slot as coresPerSlot',
        'jobs.gpus_per_slot as gpusPerSlot',
        'jobs.core_type as coreType',
        'jobs.walltime_seconds as walltimeSeconds',
        'jobs.is_low_priority as isLowPriority',
        'clusters.id as clusterId',
        'clusters.directory',
        'jobs.date_submitted as dateSubmitted',
        'clusters.persistent_id as within',
        'persistent_clusters.phase as clusterPhase',
        'persistent_clusters.ending as clusterEnding',
      ])
      .execute()
  );
}

/** Clusters that have not ended, with their jobs: what reconciliation compares with the scheduler. */
export function findLiveClusters(queries: Queries) {
  return queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
    .where('clusters.is_ended', '=', 0)
    .select([
      'jobs.id as jobId',
      'jobs.state',
      'jobs.slots',
      'jobs.cores_per_slot as coresPerSlot',
      'jobs.gpus_per_slot as gpusPerSlot',
      'jobs.core_type as coreType',
      'jobs.walltime_seconds as walltimeSeconds',
      'jobs.is_low_priority as isLowPriority',
      'clusters.id as clusterId',
      'clusters.directory',
      'clusters.persistent_id as within',
      'clusters.handle',
      'clusters.applied_event as appliedEvent',
      'clusters.date_inserted as dateInserted',
      'jobs.cluster_id as currentClusterId',
      'jobs.date_submitted as dateSubmitted',
      'jobs.date_started as dateStarted',
    ])
    .execute();
}
