import type { ParsedStorageDeviceUpdate } from '@quarry/contract';
import type { Updateable } from 'kysely';
import { type Caller, person } from '../access/caller.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import {
  type DeviceWithOwner,
  findManagedDevice,
  changeDevice as write,
} from '../db/queries/storage-devices.ts';
import type { StorageDeviceRow } from '../db/tables.ts';
import { invalidFields } from '../problems.ts';
import type { DevicesDomain } from './domain.ts';
import type { DeviceSettings } from './settings.ts';
import { inGigabytes, wantedSize } from './size.ts';

const SETTINGS = ['firstAlert', 'secondAlert', 'autoextend', 'autoextendPercent'] as const;

/** Changes name, size and alerts of a device; refuses a size below what it holds, as it was measured last. */
export async function changeDevice(
  { queries, clock }: Pick<DevicesDomain, 'queries' | 'clock'>,
  actor: Caller,
  { deviceId, change }: { deviceId: string; change: ParsedStorageDeviceUpdate },
): Promise<void> {
  const device = await findManagedDevice(queries, actor, deviceId);
  const sizeBytes = wantedSize(change) ?? device.size_bytes;
  if (sizeBytes < device.size_bytes && (device.used_bytes ?? 0) > sizeBytes) {
    throw tooSmall(device, sizeBytes);
  }
  const settings = JSON.parse(device.settings) as DeviceSettings;
  const changed = SETTINGS.filter((field) => change[field] !== undefined);
  const columns: Updateable<StorageDeviceRow> = {
    name: change.name ?? device.name,
    size_bytes: sizeBytes,
    settings: JSON.stringify({
      ...settings,
      ...Object.fromEntries(changed.map((field) => [field, change[field]])),
    }),
    // Percents of another size, or other ones: what was said of them before counts no more.
    ...(sizeBytes !== device.size_bytes || changed.length > 0 ? { alerted_percent: 0 } : {}),
  };
  await write(queries, deviceId, columns);
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `storage-device:${deviceId}`,
    verb: 'changed',
    detail: { fields: Object.keys(change), ...(sizeBytes !== device.size_bytes && { sizeBytes }) },
  });
}

/** Whether a change asks for less than there is, so that what the device holds must be known as it is now. */
export function makesSmaller(device: DeviceWithOwner, change: ParsedStorageDeviceUpdate): boolean {
  return (wantedSize(change) ?? device.size_bytes) < device.size_bytes;
}

function tooSmall(device: DeviceWithOwner, sizeBytes: number) {
  return invalidFields({
    storageSize: [
      `The storage device holds ${device.used_bytes} bytes, which are more than ${sizeBytes} (${inGigabytes(sizeBytes)} GB). Remove what is no longer needed from it first.`,
    ],
  });
}
