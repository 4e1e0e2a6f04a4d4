import type { Queries } from '../database.ts';
import { findOwner } from './find-site.ts';
import { findUsableDevices } from './storage-devices.ts';

/** Writes which devices a job has, in place of what was written before. */
export async function writeJobDevices(
  queries: Queries,
  jobId: string,
  deviceIds: readonly string[],
): Promise<void> {
  await queries.deleteFrom('job_storage_devices').where('job_id', '=', jobId).execute();
  const rows = [...new Set(deviceIds)].map((device_id) => ({ job_id: jobId, device_id }));
  if (rows.length > 0) {
    await queries.insertInto('job_storage_devices').values(rows).execute();
  }
}

/** The devices of a job, those that were deleted as well, and whether its owner may use each now. */
export async function findDevicesOfJob(
  queries: Queries,
  jobId: string,
): Promise<Array<{ id: string; isUsable: boolean; isHeld: boolean }>> {
  const rows = await queries
    .selectFrom('job_storage_devices')
    .innerJoin('jobs', 'jobs.id', 'job_storage_devices.job_id')
    .where('job_storage_devices.job_id', '=', jobId)
    .select(['job_storage_devices.device_id as id', 'jobs.owner_id'])
    .orderBy('job_storage_devices.device_id')
    .execute();
  const [first] = rows;
  if (first === undefined) {
    return [];
  }
  const ids = rows.map(({ id }) => id);
  const usable = await findUsableDevices(queries, await findOwner(queries, first.owner_id), ids);
  const byId = new Map(usable.map((device) => [device.id, device]));
  return ids.map((id) => ({
    id,
    isUsable: byId.has(id),
    isHeld: byId.get(id)?.is_held === 1,
  }));
}

/** Jobs that have a device and have not ended, the oldest first: of those that were submitted, or of those that were not. */
export async function findJobsOfDevice(
  queries: Queries,
  deviceId: string,
  which: 'submitted' | 'saved',
): Promise<string[]> {
  const rows = await queries
    .selectFrom('job_storage_devices')
    .innerJoin('jobs', 'jobs.id', 'job_storage_devices.job_id')
    .where('job_storage_devices.device_id', '=', deviceId)
    .where('jobs.deleted_at', 'is', null)
    .where('jobs.is_completed', '=', 0)
    .where('jobs.status', which === 'submitted' ? 'is not' : 'is', null)
    .orderBy('jobs.date_inserted')
    .select('jobs.id')
    .execute();
  return rows.map(({ id }) => id);
}
