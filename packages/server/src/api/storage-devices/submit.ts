import { submitStorageDevice } from '@quarry/contract';
import { prepareDevice, submitDevice } from '../../devices/submit.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';

export const submit = ({ database, domain }: DevicesContext) =>
  route(submitStorageDevice, async (call) => {
    const { deviceId } = call.params;
    await prepareDevice({ ...domain, queries: database.read }, call.caller, deviceId);
    await database.write((queries) => submitDevice({ ...domain, queries }, call.caller, deviceId));
  });
