import { createApiKey } from '@quarry/contract';
import { hashKey, keyPrefix, newApiKey } from '../../access/keys.ts';
import { toInstant } from '../../clock.ts';
import { insertKey, isKnownKey, listKeys } from '../../db/queries/api-keys.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { refuseUnknownUser } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import { LIMITS } from '../../limits.ts';
import { conflict, forbidden, invalidFields } from '../../problems.ts';
import type { PeopleContext } from '../users/context.ts';
import { refuseJobKey } from './refuse-job-key.ts';
import { apiKeyToWire } from './to-wire.ts';

export const create = ({ database, clock }: PeopleContext) =>
  route(createApiKey, async (call) => {
    const { name, dateExpires, importedKey, userId: named } = call.body;
    const { userId: actorId, role } = refuseJobKey(call.caller);
    if (named && named !== actorId && role !== 'admin') {
      throw forbidden(
        'Only administrators make keys for others.',
        'Leave userId out to make a key of your own.',
      );
    }
    const expiresAt = dateExpires ? toInstant(dateExpires) : null;
    if (expiresAt !== null && expiresAt <= clock.now()) {
      throw invalidFields({
        dateExpires: ['This date has passed; choose one in the future, or null for never.'],
      });
    }
    const userId = named ?? actorId;
    const key = importedKey ?? newApiKey();
    const hash = hashKey(key);
    const row = await database.write(async (queries) => {
      await refuseUnknownUser(queries, userId);
      if ((await listKeys(queries, userId)).length >= LIMITS.keysPerUser) {
        throw tooManyKeys();
      }
      if (await isKnownKey(queries, hash)) {
        throw invalidFields({ importedKey: ['This key is or was in use here; make a new one.'] });
      }
      const [id, at] = [newId(), clock.now()];
      const prefix = keyPrefix(key);
      const made = await insertKey(queries, { id, userId, name, hash, prefix, at, expiresAt });
      const detail = { name, userId, isImported: importedKey !== undefined };
      await recordEvent(queries, { at, actorId, subject: `key:${id}`, verb: 'created', detail });
      return made;
    });
    return { ...apiKeyToWire(row), key };
  });

function tooManyKeys() {
  return conflict(`There are ${LIMITS.keysPerUser} keys already, which is the most a user may have.`, {
    code: 'too_many_keys',
    hint: 'Revoke keys that are no longer used.',
  });
}
