import { createUser } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { hashKey, keyPrefix, newApiKey } from '../../access/keys.ts';
import { insertKey } from '../../db/queries/api-keys.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { insertUser, isKnownAddress } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import { invalidFields } from '../../problems.ts';
import { answerUser } from './answer-user.ts';
import type { PeopleContext } from './context.ts';
import { splitName } from './split-name.ts';

const ADDRESS = /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u;

export const create = (context: PeopleContext) =>
  route(createUser, async (call) => {
    const { database, clock } = context;
    const { fullName, role, maxJobHours, createApiKey } = call.body;
    const email = call.body.email.trim();
    if (!ADDRESS.test(email)) {
      throw invalidFields({ email: ['Enter an e-mail address such as ann@lab.example.'] });
    }
    const { userId: actorId, workspaceId } = person(call.caller);
    const id = newId();
    const key = createApiKey ? newApiKey() : null;
    await database.write(async (queries) => {
      if (await isKnownAddress(queries, email)) {
        throw invalidFields({ email: [`There is a user with the address ${email} already.`] });
      }
      const at = clock.now();
      await insertUser(queries, {
        id,
        workspace_id: workspaceId,
        email,
        ...splitName(fullName),
        role,
        max_job_hours: maxJobHours ?? null,
        is_active: 1,
        date_inserted: at,
      });
      if (key) {
        const [hash, prefix] = [hashKey(key), keyPrefix(key)];
        const wanted = { id: newId(), userId: id, name: 'first key', hash, prefix, at, expiresAt: null };
        await insertKey(queries, wanted);
      }
      const detail = { email, role, hasKey: key !== null };
      await recordEvent(queries, { at, actorId, subject: `user:${id}`, verb: 'created', detail });
    });
    return { ...(await answerUser(context, id)), apiKey: key };
  });
