import { revokeApiKey } from '@quarry/contract';
import { revokeKey } from '../../db/queries/api-keys.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { removeSessions } from '../../db/queries/sessions.ts';
import { route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { refuseJobKey } from './refuse-job-key.ts';

export const revoke = ({ database, clock, authenticator }: PeopleContext) =>
  route(revokeApiKey, async (call) => {
    const { userId: actorId, role } = refuseJobKey(call.caller);
    const { keyId } = call.params;
    await database.write(async (queries) => {
      const at = clock.now();
      const revoked = await revokeKey(queries, keyId, { ownerId: role === 'admin' ? null : actorId, at });
      await removeSessions(queries, { keyId });
      const detail = { name: revoked.name, userId: revoked.user_id };
      await recordEvent(queries, { at, actorId, subject: `key:${keyId}`, verb: 'revoked', detail });
    });
    authenticator.revoked();
  });
