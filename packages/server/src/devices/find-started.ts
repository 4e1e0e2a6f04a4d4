import type { Caller } from '../access/caller.ts';
import type { Queries } from '../db/database.ts';
import { type DeviceWithOwner, findDevice } from '../db/queries/storage-devices.ts';
import { refused } from '../problems.ts';

/** A device that the caller may use and that is started. */
export async function findStartedDevice(
  queries: Queries,
  caller: Caller,
  deviceId: string,
): Promise<DeviceWithOwner> {
  const device = await findDevice(queries, caller, deviceId);
  if (device.status === 'Started') {
    return device;
  }
  throw refused(`The storage device ${device.id} is not started, so nothing lies on it.`, {
    code: 'storage_device_not_started',
    hint: 'Submit it first (POST storage-devices/{id}/submit/).',
  });
}
