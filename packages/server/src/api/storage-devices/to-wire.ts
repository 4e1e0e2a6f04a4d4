import type { ApiVersion, StorageDevice, StorageDeviceStatus } from '@quarry/contract';
import type { DeviceWithOwner } from '../../db/queries/storage-devices.ts';
import type { StorageDeviceStatusRow } from '../../db/tables.ts';
import type { DeviceSettings } from '../../devices/settings.ts';
import { inGigabytes } from '../../devices/size.ts';

export function deviceToWire(
  row: DeviceWithOwner,
  { baseUrl, version }: { baseUrl: string; version: ApiVersion },
): StorageDevice {
  const { walltime, coresPerSlot, coreType, ...settings } = JSON.parse(row.settings) as DeviceSettings;
  const self = `${baseUrl}/api/${version}/storage-devices/${row.id}/`;
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    projectId: row.project_id,
    dateInserted: row.date_inserted,
    storageSize: inGigabytes(row.size_bytes),
    sizeBytes: row.size_bytes,
    usedBytes: row.used_bytes,
    dateMeasured: row.date_measured,
    isHeld: row.is_held === 1,
    status: row.status as StorageDevice['status'],
    hardware: { walltime, coresPerSlot, coreType },
    ...settings,
    region: null,
    urls: { statuses: `${self}statuses/` },
  };
}

export function deviceStatusToWire(row: StorageDeviceStatusRow): StorageDeviceStatus {
  return {
    id: row.id,
    storageDeviceId: row.device_id,
    status: row.status as StorageDeviceStatus['status'],
    statusDate: row.status_date,
    statusReason: row.status_reason,
    substatus: null,
    notify: false,
    preventDuplicates: false,
  };
}
