import { createApiKey, listApiKeys, revokeApiKey } from '@quarry/contract';
import type { Authenticator } from '../../access/authenticate.ts';
import { hashKey, keyPrefix, newApiKey } from '../../access/keys.ts';
import type { Clock, Instant } from '../../clock.ts';
import { toInstant } from '../../clock.ts';
import type { Database, Queries } from '../../db/database.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { conflict, forbidden, invalidFields, notFound } from '../../errors.ts';
import { type Call, route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import { LIMITS } from '../../limits.ts';
import { inMemory, paginate } from '../paging.ts';
import { apiKeyToWire } from './to-wire.ts';

export interface PeopleContext {
  database: Database;
  clock: Clock;
  authenticator: Authenticator;
  maxJobHours: number;
}

export const listKeys = ({ database }: PeopleContext) =>
  route(listApiKeys, async (call) =>
    paginate(call, inMemory(await livingKeys(database.read, refuseJobKey(call).userId)), apiKeyToWire),
  );

export const createKey = (context: PeopleContext) =>
  route(createApiKey, async (call) => {
    const { database, clock } = context;
    const { name, dateExpires, importedKey, userId } = call.body;
    const caller = refuseJobKey(call);
    if (userId && userId !== caller.userId && caller.role !== 'admin') {
      throw forbidden(
        'Only administrators make keys for others.',
        'Leave userId out to make a key of your own.',
      );
    }
    const owner = userId ?? caller.userId;
    const expiresAt = dateExpires ? toInstant(dateExpires) : null;
    if (expiresAt !== null && expiresAt <= clock.now()) {
      throw invalidFields({
        dateExpires: ['This date has passed; choose one in the future, or null for never.'],
      });
    }
    const key = importedKey ?? newApiKey();
    const row = await database.write(async (queries) => {
      await refuseUnknownUser(queries, owner);
      if ((await livingKeys(queries, owner)).length >= LIMITS.keysPerUser) {
        throw conflict(`There are ${LIMITS.keysPerUser} keys already, which is the most a user may have.`, {
          code: 'too_many_keys',
          hint: 'Revoke keys that are no longer used.',
        });
      }
      const known = await queries
        .selectFrom('api_keys')
        .where('key_hash', '=', hashKey(key))
        .select('id')
        .executeTakeFirst();
      if (known) throw invalidFields({ importedKey: ['This key is or was in use here; make a new one.'] });
      const id = await insertKey(queries, clock, { userId: owner, name, key, expiresAt });
      await recordEvent(queries, {
        at: clock.now(),
        actorId: caller.userId,
        subject: `key:${id}`,
        verb: 'created',
        detail: { name, userId: owner, isImported: importedKey !== undefined },
      });
      return queries.selectFrom('api_keys').where('id', '=', id).selectAll().executeTakeFirstOrThrow();
    });
    return { ...apiKeyToWire(row), key };
  });

export const revokeKey = ({ database, clock, authenticator }: PeopleContext) =>
  route(revokeApiKey, async (call) => {
    const caller = refuseJobKey(call);
    await database.write(async (queries) => {
      let revoking = queries
        .updateTable('api_keys')
        .set({ revoked_at: clock.now() })
        .where('id', '=', call.params.keyId)
        .where('revoked_at', 'is', null)
        .where('job_id', 'is', null);
      if (caller.role !== 'admin') revoking = revoking.where('user_id', '=', caller.userId);
      const revoked = await revoking.returning(['id', 'name', 'user_id']).executeTakeFirst();
      if (!revoked) throw notFound(`There is no key "${call.params.keyId}" of yours.`);
      await recordEvent(queries, {
        at: clock.now(),
        actorId: caller.userId,
        subject: `key:${revoked.id}`,
        verb: 'revoked',
        detail: { name: revoked.name, userId: revoked.user_id },
      });
    });
    authenticator.revoked();
  });

/** Writes a key's hash; the key itself is not kept. Answers the row's id. */
export async function insertKey(
  queries: Queries,
  clock: Clock,
  wanted: { userId: string; name: string; key: string; expiresAt: Instant | null },
): Promise<string> {
  const id = newId();
  await queries
    .insertInto('api_keys')
    .values({
      id,
      user_id: wanted.userId,
      name: wanted.name,
      key_hash: hashKey(wanted.key),
      key_prefix: keyPrefix(wanted.key),
      job_id: null,
      date_inserted: clock.now(),
      expires_at: wanted.expiresAt,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
  return id;
}

/** Refuses a user that a body names and that is not here, under the field that names it. */
export async function refuseUnknownUser(queries: Queries, userId: string): Promise<void> {
  const known = await queries.selectFrom('users').where('id', '=', userId).select('id').executeTakeFirst();
  if (!known) throw invalidFields({ userId: [`There is no user "${userId}". The list is at users/.`] });
}

function livingKeys(queries: Queries, userId: string) {
  return queries
    .selectFrom('api_keys')
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('job_id', 'is', null)
    .orderBy('date_inserted')
    .selectAll()
    .execute();
}

/** A job's key must not make keys that outlive the job. */
function refuseJobKey(call: Pick<Call, 'caller'>) {
  if (call.caller.kind === 'user') return call.caller;
  throw forbidden('The key of a job cannot manage keys.', 'Use a key of your own.');
}
