import type { Caller } from '../../access/caller.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findVisiblePersistent } from '../../db/queries/persistent-clusters.ts';
import { invalidFields, refused } from '../../problems.ts';
import { misfitOf } from '../definition/fits-cluster.ts';
import { readState } from '../life/store.ts';
import { type PreparedChange, prepareChange } from './change.ts';
import type { Domain } from './domain.ts';

/**
 * Finds what it comes to that a saved job is to be executed on a persistent cluster; null for one that was submitted to it
 * already. Refuses what does not fit.
 */
export async function prepareClusterAttachment(
  domain: Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>,
  actor: Caller,
  { clusterId, jobId }: { clusterId: string; jobId: string },
): Promise<PreparedChange | null> {
  const cluster = await findVisiblePersistent(domain.queries, actor, clusterId);
  const job = await findOwnJob(domain.queries, actor, jobId);
  if (readState(job.state).phase !== 'saved') {
    refuseStarted(job, clusterId);
    return null;
  }
  const misfit = misfitOf(cluster, {
    ...{ ownerId: job.owner_id, projectId: job.project_id, coreType: job.core_type },
    ...{ coresPerSlot: job.cores_per_slot, gpusPerSlot: job.gpus_per_slot },
  });
  if (misfit !== null && (cluster.phase === 'ending' || cluster.phase === 'stopped')) {
    throw refused(misfit, { code: 'cluster_ended', hint: 'Create another one (POST clusters/).' });
  }
  if (misfit !== null) {
    throw invalidFields({ id: [misfit] });
  }
  return await prepareChange(domain, actor, { jobId, change: { clusterId } });
}

function refuseStarted(job: JobWithOwner, clusterId: string): void {
  if (job.persistent_cluster_id === clusterId && !job.is_completed) {
    return;
  }
  throw refused(`The job has already started; its status is ${job.status}.`, {
    code: 'job_started',
    hint: 'A job runs once. Clone it (POST jobs/{id}/clone/) and attach the clone.',
  });
}
