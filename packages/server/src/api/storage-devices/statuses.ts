import { listStorageDeviceStatuses } from '@quarry/contract';
import { findDevice, listDeviceStatuses } from '../../db/queries/storage-devices.ts';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { DevicesContext } from './context.ts';
import { deviceStatusToWire } from './to-wire.ts';

export const statuses = ({ database }: DevicesContext) =>
  route(listStorageDeviceStatuses, async (call) => {
    const device = await findDevice(database.read, call.caller, call.params.deviceId);
    return paginate(call, inMemory(await listDeviceStatuses(database.read, device.id)), deviceStatusToWire);
  });
