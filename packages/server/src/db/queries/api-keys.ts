import type { Instant } from '../../clock.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { ApiKeyRow } from '../tables.ts';

/** The keys of a user that are not revoked, but for those of jobs; oldest first. */
export function listKeys(queries: Queries, userId: string): Promise<ApiKeyRow[]> {
  return queries
    .selectFrom('api_keys')
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('job_id', 'is', null)
    .orderBy('date_inserted')
    .selectAll()
    .execute();
}

/** Whether a key with this hash is or was in use. */
export async function isKnownKey(queries: Queries, hash: string): Promise<boolean> {
  const known = await queries
    .selectFrom('api_keys')
    .where('key_hash', '=', hash)
    .select('id')
    .executeTakeFirst();
  return known !== undefined;
}

/** Writes a key of a user, of which only the hash is kept. */
export async function insertKey(
  queries: Queries,
  key: {
    id: string;
    userId: string;
    name: string;
    hash: string;
    prefix: string;
    at: Instant;
    expiresAt: Instant | null;
  },
): Promise<ApiKeyRow> {
  const row: ApiKeyRow = {
    id: key.id,
    user_id: key.userId,
    name: key.name,
    key_hash: key.hash,
    key_prefix: key.prefix,
    job_id: null,
    date_inserted: key.at,
    expires_at: key.expiresAt,
    last_used_at: null,
    revoked_at: null,
  };
  await queries.insertInto('api_keys').values(row).execute();
  return row;
}

/** Revokes a key, of anybody or of one user, and answers what it was; refuses when there is none. */
export async function revokeKey(
  queries: Queries,
  keyId: string,
  { ownerId, at }: { ownerId: string | null; at: Instant },
): Promise<Pick<ApiKeyRow, 'name' | 'user_id'>> {
  let revoking = queries
    .updateTable('api_keys')
    .set({ revoked_at: at })
    .where('id', '=', keyId)
    .where('revoked_at', 'is', null)
    .where('job_id', 'is', null);
  if (ownerId !== null) {
    revoking = revoking.where('user_id', '=', ownerId);
  }
  const revoked = await revoking.returning(['name', 'user_id']).executeTakeFirst();
  if (!revoked) {
    throw notFound(`There is no key "${keyId}" of yours.`);
  }
  return revoked;
}
