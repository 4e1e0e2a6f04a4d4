import { listEvents } from '@quarry/contract';
import { toInstant } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import * as events from '../../db/queries/list-events.ts';
import { usersNamed } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import { paginate } from '../paging.ts';
import { eventToWire } from './to-wire.ts';

export const list = ({ database }: { database: Database }) =>
  route(listEvents, async (call) => {
    const { actor, subject, verb, since, until } = call.query;
    const source = events.listEvents(database.read, {
      ...(actor && { actors: (await usersNamed(database.read, actor).execute()).map(({ id }) => id) }),
      ...(subject && { subject }),
      ...(verb && { verb }),
      ...(since && { since: toInstant(since) }),
      ...(until && { until: toInstant(until) }),
    });
    return paginate(call, source, eventToWire);
  });
