import { revokeSession } from '@quarry/contract';
import { recordEvent } from '../../db/queries/record-event.ts';
import { removeSession } from '../../db/queries/sessions.ts';
import { route } from '../../http/route.ts';
import { refuseJobKey } from '../keys/refuse-job-key.ts';
import type { PeopleContext } from '../users/context.ts';

export const revoke = ({ database, clock, authenticator }: PeopleContext) =>
  route(revokeSession, async (call) => {
    const { userId: actorId, role } = refuseJobKey(call.caller);
    const { sessionId } = call.params;
    await database.write(async (queries) => {
      const ownerId = role === 'admin' ? null : actorId;
      const { userId } = await removeSession(queries, sessionId, { ownerId });
      const [at, subject, detail] = [clock.now(), `session:${sessionId}`, { userId }];
      await recordEvent(queries, { at, actorId, subject, verb: 'revoked', detail });
    });
    authenticator.revoked();
  });
