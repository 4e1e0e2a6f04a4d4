import { updateUser } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { removeSessions } from '../../db/queries/sessions.ts';
import { removeCodesMadeBy, removeSignInCodes } from '../../db/queries/sign-in-codes.ts';
import { changeUser } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import { invalidFields } from '../../problems.ts';
import { answerUser } from './answer-user.ts';
import type { PeopleContext } from './context.ts';
import { splitName } from './split-name.ts';

export const update = (context: PeopleContext) =>
  route(updateUser, async (call) => {
    const { database, clock, authenticator } = context;
    const { userId } = call.params;
    const { fullName, role, isActive, maxJobHours } = call.body;
    const { userId: actorId } = person(call.caller);
    if (userId === actorId && (isActive === false || (role && role !== 'admin'))) {
      throw invalidFields({
        non_field_errors: [
          'You cannot lock yourself out or give up your own administration; ask another administrator.',
        ],
      });
    }
    await database.write(async (queries) => {
      const { user } = await findUser(queries, userId);
      await changeUser(queries, userId, {
        ...splitName(fullName ?? `${user.first_name} ${user.last_name}`),
        role: role ?? user.role,
        is_active: (isActive ?? user.is_active === 1) ? 1 : 0,
        max_job_hours: maxJobHours ?? user.max_job_hours,
      });
      if (isActive === false) {
        await removeSessions(queries, { userId });
        await removeSignInCodes(queries, userId);
      }
      // Nor do links that they made come back with their rights.
      if (isActive === false || (role ?? 'admin') !== 'admin') {
        await removeCodesMadeBy(queries, userId);
      }
      const detail = {
        fields: Object.keys(call.body),
        ...(role && { role }),
        ...(isActive !== undefined && { isActive }),
      };
      const subject = `user:${userId}`;
      await recordEvent(queries, { at: clock.now(), actorId, subject, verb: 'changed', detail });
    });
    authenticator.revoked();
    return answerUser(context, userId);
  });
