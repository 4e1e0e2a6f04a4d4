import { type Caller, person } from '../access/caller.ts';
import { findJobsOfDevice } from '../db/queries/device-jobs.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { changeDevice, findManagedDevice } from '../db/queries/storage-devices.ts';
import { refused } from '../problems.ts';
import type { DevicesDomain } from './domain.ts';

/** Jobs that are named one by one. */
const NAMED = 10;

/**
 * Deletes a device; what lies on it is to be removed when the write is durable. Refused while a job that was submitted has it.
 * Answers the saved jobs that lose it.
 */
export async function deleteDevice(
  { queries, clock }: Pick<DevicesDomain, 'queries' | 'clock'>,
  actor: Caller,
  deviceId: string,
): Promise<{ saved: string[] }> {
  const device = await findManagedDevice(queries, actor, deviceId);
  const submitted = await findJobsOfDevice(queries, deviceId, 'submitted');
  if (submitted.length > 0) {
    throw refused(
      `Jobs that have not ended have the storage device ${deviceId}: ${namesOf(submitted)}. It cannot be deleted.`,
      {
        code: 'storage_device_in_use',
        hint: 'Wait for their end or stop them (POST jobs/{id}/stop/), then delete the device.',
      },
    );
  }
  const at = clock.now();
  await changeDevice(queries, deviceId, { deleted_at: at });
  await recordEvent(queries, {
    at,
    actorId: person(actor).userId,
    subject: `storage-device:${deviceId}`,
    verb: 'deleted',
    detail: { name: device.name },
  });
  return { saved: await findJobsOfDevice(queries, deviceId, 'saved') };
}

/** Ids of jobs in a sentence, the first of them. */
export function namesOf(ids: readonly string[]): string {
  const more = ids.length - NAMED;
  return more > 0 ? `${ids.slice(0, NAMED).join(', ')} and ${more} more` : ids.join(', ');
}
