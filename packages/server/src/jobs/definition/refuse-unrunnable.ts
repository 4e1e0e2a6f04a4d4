import type { Catalog } from '../../catalog/types.ts';
import type { Queries } from '../../db/database.ts';
import { findRemovedJobs } from '../../db/queries/files-removed.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { findOwner } from '../../db/queries/find-site.ts';
import { findSeenClusters } from '../../db/queries/persistent-clusters.ts';
import { countLostRestored } from '../../db/queries/restored.ts';
import { findUsableDevices } from '../../db/queries/storage-devices.ts';
import { invalidFields, refused } from '../../problems.ts';
import type { ClusterSite } from '../life/new-cluster.ts';
import { misfitOf } from './fits-cluster.ts';
import { refuseDevicesElsewhere } from './refuse-devices-elsewhere.ts';
import { deviceIdsOf, readDefinition } from './stored.ts';

/** What tiles that are left to a resumed run may still need. */
const NEEDED_TO_RESUME: readonly string[] = ['template', 'script'];

/**
 * Refuses a job whose files, hardware or software, in order when it was saved, are gone now. Runs that are resumed have
 * their inputs in their directories.
 */
export async function refuseUnrunnable(
  currentCatalog: () => Catalog,
  queries: Queries,
  job: JobWithOwner,
  { site, resumes = false }: { site: Pick<ClusterSite, 'agentDirectory'>; resumes?: boolean },
): Promise<void> {
  // A job that has been submitted cannot be changed any more, only run again as it is.
  const remedy = job.status === null ? 'PATCH the job' : 'Clone the job and PATCH the clone';
  const inputs = await findJobInputs(queries, job.id);
  const removed = await findRemovedJobs(queries);
  const deleted = inputs.filter(
    ({ deleted_at, job_id, role }) =>
      (deleted_at !== null || (job_id !== null && removed.has(job_id))) &&
      (!resumes || NEEDED_TO_RESUME.includes(role)),
  );
  if (deleted.length > 0) {
    const names = deleted.map((file) => `${file.name} (${file.id})`).join(', ');
    throw refused(`These input files have been deleted: ${names}.`, {
      code: 'input_deleted',
      hint: `Upload them again. ${remedy} with the new ids.`,
    });
  }
  refuseDevicesElsewhere(deviceIdsOf(readDefinition(job.definition)), site);
  await refuseMissingDevices(queries, job, remedy);
  if (job.status === null) {
    await refuseUnfitCluster(queries, job);
  }
  if (!resumes && (await countLostRestored(queries, job.id)) > 0) {
    throw refused('Files from which this job is to go on have been deleted.', {
      code: 'restored_deleted',
      hint: 'Restart the job that they came from once more (POST jobs/{id}/restart/), from what it still has.',
    });
  }
  const catalog = currentCatalog();
  const coreType = catalog.coreType(job.core_type);
  if (!coreType?.available || !catalog.hasSize(coreType, job.cores_per_slot)) {
    throw invalidFields({
      non_field_errors: [
        `${job.cores_per_slot} cores of ${job.core_type} are no longer offered. ${coreType?.unavailableReason ?? ''} ${remedy} with hardware from coretypes/.`,
      ],
    });
  }
  for (const { analysis } of readDefinition(job.definition).jobanalyses) {
    const version = catalog.version(analysis.code, analysis.version);
    if (version && !version.unavailableReason) {
      continue;
    }
    throw invalidFields({
      non_field_errors: [
        `The specified version is not available: ${analysis.code} ${analysis.version}. ${version?.unavailableReason ?? `${remedy} with one from analyses/.`}`,
      ],
    });
  }
}

/** The persistent cluster of a job that is saved may have ended, or be no longer for it. */
async function refuseUnfitCluster(queries: Queries, job: JobWithOwner): Promise<void> {
  const { persistent_cluster_id: clusterId } = job;
  if (clusterId === null) {
    return;
  }
  const owner = await findOwner(queries, job.owner_id);
  const [cluster] = await findSeenClusters(queries, owner, [clusterId]);
  const misfit =
    cluster === undefined
      ? `There is no persistent cluster "${clusterId}" that the owner of the job may see.`
      : misfitOf(cluster, {
          ...{ ownerId: job.owner_id, projectId: job.project_id, coreType: job.core_type },
          ...{ coresPerSlot: job.cores_per_slot, gpusPerSlot: job.gpus_per_slot },
        });
  if (misfit !== null) {
    const isOver = cluster?.phase === 'ending' || cluster?.phase === 'stopped';
    throw refused(misfit, {
      code: isOver ? 'cluster_ended' : 'cluster_unfit',
      hint: 'Attach the job to another cluster (POST clusters/{id}/jobs/), or PATCH it with clusterId null for one of its own.',
    });
  }
}

/** Storage devices may have been deleted since the job was saved, or its owner may use them no more; and not all are started. */
async function refuseMissingDevices(queries: Queries, job: JobWithOwner, remedy: string): Promise<void> {
  const wanted = deviceIdsOf(readDefinition(job.definition));
  if (wanted.length === 0) {
    return;
  }
  const found = await findUsableDevices(queries, await findOwner(queries, job.owner_id), wanted);
  const missing = wanted.filter((id) => !found.some((device) => device.id === id));
  if (missing.length > 0) {
    throw refused(
      `These storage devices of the job have been deleted, or its owner may not use them any more: ${missing.join(', ')}.`,
      { code: 'storage_device_missing', hint: `${remedy} with other storageDevices, or with an empty list.` },
    );
  }
  const full = found.filter(({ used_bytes, size_bytes }) => (used_bytes ?? 0) > size_bytes);
  if (full.length > 0) {
    throw refused(`These storage devices of the job hold more than their size: ${idsOf(full)}.`, {
      code: 'storage_device_full',
      hint: 'Remove what is no longer needed from them, or make them larger (PATCH storage-devices/{id}/).',
    });
  }
  const unstarted = found.filter(({ status }) => status !== 'Started');
  if (unstarted.length > 0) {
    throw refused(`These storage devices of the job are not started: ${idsOf(unstarted)}.`, {
      code: 'storage_device_not_started',
      hint: 'Submit them first (POST storage-devices/{id}/submit/).',
    });
  }
}

function idsOf(devices: readonly { id: string }[]): string {
  return devices.map(({ id }) => id).join(', ');
}
