import type { ParsedStorageDeviceCreation } from '@quarry/contract';
import { type Caller, person } from '../access/caller.ts';
import { findUsableProjects } from '../db/queries/find-site.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { countDevicesOf, insertDevice, writeDeviceStatus } from '../db/queries/storage-devices.ts';
import { newId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { invalidFields, refused } from '../problems.ts';
import type { DevicesDomain } from './domain.ts';
import { settingsOf } from './settings.ts';
import { wantedSize } from './size.ts';

/** Adds a device, which has no directory before it is submitted; answers its id. */
export async function createDevice(
  { queries, clock }: Pick<DevicesDomain, 'queries' | 'clock'>,
  actor: Caller,
  wanted: ParsedStorageDeviceCreation,
  warn: (text: string) => void,
): Promise<string> {
  const { userId: ownerId } = person(actor);
  const sizeBytes = wantedSize(wanted);
  if (sizeBytes === null) {
    throw invalidFields({ storageSize: ['This field is required: the size in GB.'] });
  }
  await refuseForeignProject(queries, actor, wanted.projectId);
  if ((await countDevicesOf(queries, ownerId)) >= LIMITS.storageDevicesPerUser) {
    throw refused(`You have ${LIMITS.storageDevicesPerUser} storage devices, as many as one user may have.`, {
      code: 'too_many_storage_devices',
      hint: 'Delete those that are no longer needed (DELETE storage-devices/{id}/).',
    });
  }
  const [id, at] = [newId(), clock.now()];
  await insertDevice(queries, {
    id,
    owner_id: ownerId,
    project_id: wanted.projectId ?? null,
    name: wanted.name,
    size_bytes: sizeBytes,
    used_bytes: null,
    date_measured: null,
    alerted_percent: 0,
    settings: JSON.stringify(settingsOf(wanted, warn)),
    status: 'Not Started',
    quota_project: null,
    is_held: 0,
    date_inserted: at,
    deleted_at: null,
  });
  await writeDeviceStatus(queries, { id: newId(), deviceId: id, status: 'Not Started', at });
  await recordEvent(queries, {
    at,
    actorId: ownerId,
    subject: `storage-device:${id}`,
    verb: 'created',
    detail: { name: wanted.name, sizeBytes },
  });
  return id;
}

async function refuseForeignProject(
  queries: DevicesDomain['queries'],
  actor: Caller,
  projectId: string | null | undefined,
): Promise<void> {
  const projects = projectId ? await findUsableProjects(queries, person(actor)) : [];
  if (projectId && !projects.some(({ id }) => id === projectId)) {
    throw invalidFields({
      projectId: [`There is no project "${projectId}" that you belong to. Yours are at users/me/projects/.`],
    });
  }
}
