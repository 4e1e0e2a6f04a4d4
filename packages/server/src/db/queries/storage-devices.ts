import type { Updateable } from 'kysely';
import { type Caller, type Person, person } from '../../access/caller.ts';
import type { Instant } from '../../clock.ts';
import { forbidden, notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import { dateKey, type ListSource, type Window } from '../list-source.ts';
import { pageOf } from '../page-of.ts';
import type { StorageDeviceRow, StorageDeviceStatusRow } from '../tables.ts';
import { managesOwned } from './projects.ts';

/** Devices that somebody uses: their own and those of their projects; administrators use all. */
export function usableDevices(queries: Queries, who: Pick<Person, 'userId' | 'role'>) {
  const all = queries.selectFrom('storage_devices').where('storage_devices.deleted_at', 'is', null);
  if (who.role === 'admin') {
    return all;
  }
  return all.where(({ eb, or, selectFrom }) =>
    or([
      eb('storage_devices.owner_id', '=', who.userId),
      eb(
        'storage_devices.project_id',
        'in',
        selectFrom('project_members').where('user_id', '=', who.userId).select('project_id'),
      ),
    ]),
  );
}

function withOwner(devices: ReturnType<typeof usableDevices>) {
  return devices
    .innerJoin('users', 'users.id', 'storage_devices.owner_id')
    .selectAll('storage_devices')
    .select('users.email as owner');
}

export interface DeviceWithOwner extends StorageDeviceRow {
  /** E-mail address. */
  owner: string;
}

/** The devices of a list request, newest first. */
export function listDevices(
  queries: Queries,
  caller: Caller,
  { active }: { active?: boolean },
): ListSource<DeviceWithOwner> {
  function chosen() {
    const devices = usableDevices(queries, person(caller));
    return active === undefined
      ? devices
      : devices.where('storage_devices.status', active ? '!=' : '=', 'Not Started');
  }

  return {
    async count() {
      const { count } = await chosen()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows: (window: Window) => pageOf(withOwner(chosen()), 'storage_devices', window).execute(),
    keyOf: ({ date_inserted, id }) => dateKey(date_inserted, id),
  };
}

/** A device that the caller may use; refuses with 404 when there is none. */
export async function findDevice(
  queries: Queries,
  caller: Caller,
  deviceId: string,
): Promise<DeviceWithOwner> {
  const device = await withOwner(usableDevices(queries, person(caller)))
    .where('storage_devices.id', '=', deviceId)
    .executeTakeFirst();
  if (!device) {
    throw notFound(`There is no storage device "${deviceId}" that you may use.`);
  }
  return device;
}

/** A device that the caller may change or delete: their own, or one of a project that they manage. */
export async function findManagedDevice(
  queries: Queries,
  caller: Caller,
  deviceId: string,
): Promise<DeviceWithOwner> {
  const device = await findDevice(queries, caller, deviceId);
  if (await managesOwned(queries, caller, device)) {
    return device;
  }
  throw forbidden(
    'Only the owner of a storage device, and who manages its project, may change or delete it.',
    'Ask its owner.',
  );
}

/** Those of some devices that somebody may use. */
export function findUsableDevices(
  queries: Queries,
  who: Pick<Person, 'userId' | 'role'>,
  ids: readonly string[],
): Promise<StorageDeviceRow[]> {
  return usableDevices(queries, who)
    .where('storage_devices.id', 'in', ids)
    .selectAll('storage_devices')
    .execute();
}

export async function countDevicesOf(queries: Queries, ownerId: string): Promise<number> {
  const { count } = await queries
    .selectFrom('storage_devices')
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertDevice(queries: Queries, device: StorageDeviceRow): Promise<void> {
  await queries.insertInto('storage_devices').values(device).execute();
}

export async function changeDevice(
  queries: Queries,
  deviceId: string,
  columns: Updateable<StorageDeviceRow>,
): Promise<void> {
  await queries.updateTable('storage_devices').set(columns).where('id', '=', deviceId).execute();
}

/** Adds to the history of a device, and makes it its status. */
export async function writeDeviceStatus(
  queries: Queries,
  row: { id: string; deviceId: string; status: string; at: Instant; reason?: string },
): Promise<void> {
  await queries
    .insertInto('storage_device_statuses')
    .values({
      id: row.id,
      device_id: row.deviceId,
      status: row.status,
      status_date: row.at,
      status_reason: row.reason ?? null,
    })
    .execute();
  await changeDevice(queries, row.deviceId, { status: row.status });
}

/** The history of a device, newest first. */
export function listDeviceStatuses(queries: Queries, deviceId: string): Promise<StorageDeviceStatusRow[]> {
  return queries
    .selectFrom('storage_device_statuses')
    .where('device_id', '=', deviceId)
    .orderBy('status_date', 'desc')
    .selectAll()
    .execute();
}

/** Which of these names belong to devices that are there. */
export async function findLivingDevices(queries: Queries, names: readonly string[]): Promise<Set<string>> {
  const rows = await queries
    .selectFrom('storage_devices')
    .where('id', 'in', names)
    .where('deleted_at', 'is', null)
    .select('id')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Which of these names belong to devices that were deleted. */
export async function findDeletedDevices(queries: Queries, names: readonly string[]): Promise<Set<string>> {
  const rows = await queries
    .selectFrom('storage_devices')
    .where('id', 'in', names)
    .where('deleted_at', 'is not', null)
    .select('id')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** A device that is there, whoever asks. */
export function findDeviceRow(queries: Queries, deviceId: string): Promise<StorageDeviceRow | undefined> {
  return queries
    .selectFrom('storage_devices')
    .where('id', '=', deviceId)
    .where('deleted_at', 'is', null)
    .selectAll()
    .executeTakeFirst();
}

/** Ids of devices that are started. */
export async function findStartedDevices(queries: Queries): Promise<string[]> {
  const rows = await queries
    .selectFrom('storage_devices')
    .where('deleted_at', 'is', null)
    .where('status', '=', 'Started')
    .select('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** Ids of devices that jobs have which are submitted and have not ended. */
export async function findDevicesInUse(queries: Queries): Promise<Set<string>> {
  const rows = await queries
    .selectFrom('jobs')
    .innerJoin('job_storage_devices', 'job_storage_devices.job_id', 'jobs.id')
    .where('jobs.is_completed', '=', 0)
    .where('jobs.date_submitted', 'is not', null)
    .where('jobs.deleted_at', 'is', null)
    .select('job_storage_devices.device_id')
    .distinct()
    .execute();
  return new Set(rows.map(({ device_id }) => device_id));
}

/** Ids of devices that a job has had since they were measured last, or that never were; looks at all jobs that had one. */
export async function findUnmeasuredDevices(queries: Queries): Promise<string[]> {
  const rows = await queries
    .selectFrom('storage_devices')
    .where('deleted_at', 'is', null)
    .where(({ eb, or, exists, selectFrom }) =>
      or([
        eb('date_measured', 'is', null),
        exists(
          selectFrom('job_storage_devices')
            .innerJoin('jobs', 'jobs.id', 'job_storage_devices.job_id')
            .whereRef('job_storage_devices.device_id', '=', 'storage_devices.id')
            .whereRef('jobs.date_completed', '>', 'storage_devices.date_measured')
            .select('jobs.id'),
        ),
      ]),
    )
    .select('id')
    .execute();
  return rows.map(({ id }) => id);
}
