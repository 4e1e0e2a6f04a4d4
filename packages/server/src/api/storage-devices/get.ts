import { getStorageDevice } from '@quarry/contract';
import { findDevice } from '../../db/queries/storage-devices.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';
import { deviceToWire } from './to-wire.ts';

export const get = ({ database }: DevicesContext) =>
  route(getStorageDevice, async (call) =>
    deviceToWire(await findDevice(database.read, call.caller, call.params.deviceId), call),
  );
