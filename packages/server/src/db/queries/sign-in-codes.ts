import type { Insertable } from 'kysely';
import type { Instant } from '../../clock.ts';
import { LIMITS } from '../../limits.ts';
import type { Queries } from '../database.ts';
import type { SignInCodeRow } from '../tables.ts';

/**
 * Writes a code, and forgets those that have expired, and those of its user that are too many with it; of those that set a
 * password there is one.
 */
export async function insertSignInCode(queries: Queries, row: Insertable<SignInCodeRow>): Promise<void> {
  await queries.deleteFrom('sign_in_codes').where('expires_at', '<=', row.date_inserted).execute();
  const kept = queries
    .selectFrom('sign_in_codes')
    .where('user_id', '=', row.user_id)
    .where('purpose', '=', row.purpose)
    .orderBy('date_inserted', 'desc')
    .limit(row.purpose === 'password' ? 0 : LIMITS.signInLinksPerUser - 1)
    .select('code_hash');
  await queries
    .deleteFrom('sign_in_codes')
    .where('user_id', '=', row.user_id)
    .where('purpose', '=', row.purpose)
    .where('code_hash', 'not in', kept)
    .execute();
  await queries.insertInto('sign_in_codes').values(row).execute();
}

/** A code that opens still, with when the key that made it ends; undefined when there is none. */
export function findSignInCode(queries: Queries, { hash, now }: { hash: string; now: Instant }) {
  return queries
    .selectFrom('sign_in_codes')
    .innerJoin('users', 'users.id', 'sign_in_codes.user_id')
    .leftJoin('api_keys', 'api_keys.id', 'sign_in_codes.key_id')
    .leftJoin('users as makers', 'makers.id', 'sign_in_codes.maker_id')
    .leftJoin('api_keys as maker_keys', 'maker_keys.id', 'sign_in_codes.maker_key_id')
    .where('code_hash', '=', hash)
    .where('sign_in_codes.expires_at', '>', now)
    .where('users.is_active', '=', 1)
    .where('api_keys.revoked_at', 'is', null)
    .where(({ eb, or }) => or([eb('api_keys.expires_at', 'is', null), eb('api_keys.expires_at', '>', now)]))
    .where(({ eb, or, and }) =>
      or([
        eb('sign_in_codes.maker_id', 'is', null),
        and([eb('makers.is_active', '=', 1), eb('makers.role', '=', 'admin')]),
      ]),
    )
    .where('maker_keys.revoked_at', 'is', null)
    .where(({ eb, or }) =>
      or([eb('maker_keys.expires_at', 'is', null), eb('maker_keys.expires_at', '>', now)]),
    )
    .select([
      'purpose',
      'sign_in_codes.user_id as userId',
      'sign_in_codes.key_id as keyId',
      'api_keys.expires_at as keyExpiresAt',
    ])
    .executeTakeFirst();
}

/** Makes all codes of a user worthless. */
export async function removeSignInCodes(queries: Queries, userId: string): Promise<void> {
  await queries.deleteFrom('sign_in_codes').where('user_id', '=', userId).execute();
}

/** Makes all codes worthless that a user made for somebody: it is no longer theirs to do. */
export async function removeCodesMadeBy(queries: Queries, makerId: string): Promise<void> {
  await queries.deleteFrom('sign_in_codes').where('maker_id', '=', makerId).execute();
}

/** Makes a code worthless; false when somebody else has before. */
export async function useSignInCode(queries: Queries, hash: string): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('sign_in_codes')
    .where('code_hash', '=', hash)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
