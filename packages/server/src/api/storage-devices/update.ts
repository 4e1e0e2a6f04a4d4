import { updateStorageDevice } from '@quarry/contract';
import { findDevice, findManagedDevice } from '../../db/queries/storage-devices.ts';
import { changeDevice, makesSmaller } from '../../devices/change.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';
import { deviceToWire } from './to-wire.ts';

export const update = ({ database, domain, sizes, ending }: DevicesContext) =>
  route(updateStorageDevice, async (call) => {
    const { deviceId } = call.params;
    const device = await findManagedDevice(database.read, call.caller, deviceId);
    if (device.status === 'Started' && makesSmaller(device, call.body)) {
      await sizes.measure(deviceId);
    }
    await database.write((queries) =>
      changeDevice({ ...domain, queries }, call.caller, { deviceId, change: call.body }),
    );
    await domain.quotas.look(deviceId, ending);
    return deviceToWire(await findDevice(database.read, call.caller, deviceId), call);
  });
