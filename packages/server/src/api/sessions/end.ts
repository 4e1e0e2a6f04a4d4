import { endSession } from '@quarry/contract';
import { recordEvent } from '../../db/queries/record-event.ts';
import { removeSession } from '../../db/queries/sessions.ts';
import { Answer, route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { endedCookie } from './cookie.ts';
import { findOwnSession } from './find-own.ts';

export const end = (context: PeopleContext) =>
  route(endSession, async (call) => {
    const { database, clock, authenticator } = context;
    const { id, user_id: actorId } = await findOwnSession(context, call.caller);
    await database.write(async (queries) => {
      await removeSession(queries, id, { ownerId: actorId });
      await recordEvent(queries, { at: clock.now(), actorId, subject: `session:${id}`, verb: 'signed_out' });
    });
    authenticator.revoked();
    return new Answer(204, { 'set-cookie': endedCookie(call.ownOrigin()) }, null);
  });
