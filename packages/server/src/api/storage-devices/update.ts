import { updateStorageDevice } from '@quarry/contract';
import { findDevice } from '../../db/queries/storage-devices.ts';
import { changeDevice } from '../../devices/change.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';
import { deviceToWire } from './to-wire.ts';

export const update = ({ database, domain }: DevicesContext) =>
  route(updateStorageDevice, async (call) => {
    const { deviceId } = call.params;
    await database.write((queries) =>
      changeDevice({ ...domain, queries }, call.caller, { deviceId, change: call.body }),
    );
    return deviceToWire(await findDevice(database.read, call.caller, deviceId), call);
  });
