import { createSession } from '@quarry/contract';
import { recordEvent } from '../../db/queries/record-event.ts';
import { Answer, route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { sessionCookie } from './cookie.ts';
import { prove } from './prove.ts';
import { ownSessionToWire } from './to-wire.ts';

export const create = (context: PeopleContext) =>
  route(createSession, async (call) => {
    const { database, clock, authenticator, sessions } = context;
    const origin = call.ownOrigin();
    const proof = await prove(context, call);
    const begun = await database.write(async (queries) => {
      await proof.spend?.(queries);
      const made = await sessions.begin(queries, {
        ...proof.session,
        user_agent: call.headers['user-agent'] ?? '',
        address: call.address,
      });
      const { id, user_id: actorId, way } = made.row;
      const [at, subject, detail] = [clock.now(), `session:${id}`, { way, address: call.address }];
      await recordEvent(queries, { at, actorId, subject, verb: 'signed_in', detail });
      return made;
    });
    if (begun.ended > 0 || proof.changesRights) {
      authenticator.revoked();
    }
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'set-cookie': sessionCookie(origin, { value: begun.cookie, expiresAt: begun.row.expires_at }),
    };
    const body = { ...(await ownSessionToWire(context, begun.row)), token: begun.token };
    return new Answer(201, headers, JSON.stringify(body));
  });
