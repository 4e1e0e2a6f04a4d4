import { type Caller, person } from '../access/caller.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { findManagedDevice, writeDeviceStatus } from '../db/queries/storage-devices.ts';
import { newId } from '../ids.ts';
import type { DevicesDomain } from './domain.ts';

/** What a device goes through on its way; its directory is there before that is written. */
const STATUSES = ['Pending', 'Starting', 'Started'];

/** Makes the directory of a device, which takes its time and comes before the write. */
export async function prepareDevice(
  { queries, directories, quotas }: Pick<DevicesDomain, 'queries' | 'directories' | 'quotas'>,
  actor: Caller,
  deviceId: string,
): Promise<void> {
  await findManagedDevice(queries, actor, deviceId);
  await directories.make(deviceId);
  await quotas.hold(deviceId);
}

/** Starts a prepared device; one that is started stays as it is. */
export async function submitDevice(
  { queries, clock }: Pick<DevicesDomain, 'queries' | 'clock'>,
  actor: Caller,
  deviceId: string,
): Promise<void> {
  const device = await findManagedDevice(queries, actor, deviceId);
  if (device.status === 'Started') {
    return;
  }
  for (const status of STATUSES) {
    await writeDeviceStatus(queries, { id: newId(), deviceId, status, at: clock.now() });
  }
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `storage-device:${deviceId}`,
    verb: 'submitted',
  });
}
