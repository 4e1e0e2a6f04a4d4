import { createStorageDevice } from '@quarry/contract';
import { findDevice } from '../../db/queries/storage-devices.ts';
import { createDevice } from '../../devices/create.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';
import { deviceToWire } from './to-wire.ts';

export const create = ({ database, domain }: DevicesContext) =>
  route(createStorageDevice, async (call) => {
    let warnings: string[] = [];
    const id = await database.write((queries) => {
      warnings = [];
      return createDevice({ ...domain, queries }, call.caller, call.body, (text) => warnings.push(text));
    });
    for (const text of warnings) {
      call.warn(text);
    }
    return deviceToWire(await findDevice(database.read, call.caller, id), call);
  });
