import { getStorageDevice } from '@quarry/contract';
import { findDevice } from '../../db/queries/storage-devices.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';
import { deviceToWire } from './to-wire.ts';

export const get = ({ database }: DevicesContext) =>
  route(getStorageDevice, async (call) => {
    const device = await findDevice(database.read, call.caller, call.params.deviceId);
    const { used_bytes: used, size_bytes: size, alerted_percent: alerted } = device;
    if ((used ?? 0) > size) {
      call.warn(
        `The storage device holds ${used} bytes, more than its ${size}: jobs that have it are stopped.`,
      );
    } else if (alerted > 0) {
      call.warn(`The storage device holds ${used} of ${size} bytes, more than ${alerted} %.`);
    }
    return deviceToWire(device, call);
  });
