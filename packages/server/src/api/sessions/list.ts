import { listSessions as endpoint } from '@quarry/contract';
import { listSessions } from '../../db/queries/sessions.ts';
import { route } from '../../http/route.ts';
import { refuseJobKey } from '../keys/refuse-job-key.ts';
import { inMemory, paginate } from '../paging.ts';
import type { PeopleContext } from '../users/context.ts';
import { sessionOf } from './find-own.ts';
import { sessionToWire } from './to-wire.ts';

export const list = ({ database, sessions }: PeopleContext) =>
  route(endpoint, async (call) => {
    const { userId } = refuseJobKey(call.caller);
    const rows = await listSessions(database.read, userId, sessions.ends());
    const current = sessionOf(call.caller);
    return paginate(call, inMemory(rows), (row) => sessionToWire(row, current));
  });
