import { listApiKeys } from '@quarry/contract';
import { listKeys } from '../../db/queries/api-keys.ts';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { PeopleContext } from '../users/context.ts';
import { refuseJobKey } from './refuse-job-key.ts';
import { apiKeyToWire } from './to-wire.ts';

export const list = ({ database }: PeopleContext) =>
  route(listApiKeys, async (call) => {
    const keys = await listKeys(database.read, refuseJobKey(call.caller).userId);
    return paginate(call, inMemory(keys), apiKeyToWire);
  });
