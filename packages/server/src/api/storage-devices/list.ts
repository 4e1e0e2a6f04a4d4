import { listStorageDevices } from '@quarry/contract';
import { listDevices } from '../../db/queries/storage-devices.ts';
import { route } from '../../http/route.ts';
import { paginate } from '../paging.ts';
import type { DevicesContext } from './context.ts';
import { deviceToWire } from './to-wire.ts';

export const list = ({ database }: DevicesContext) =>
  route(listStorageDevices, async (call) =>
    paginate(call, listDevices(database.read, call.caller, call.query), (row) => deviceToWire(row, call)),
  );
