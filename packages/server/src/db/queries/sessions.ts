import { sql } from 'kysely';
import type { Instant } from '../../clock.ts';
import { LIMITS } from '../../limits.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { SessionRow } from '../tables.ts';

/** Before which moments a session has ended: left idle, or too old. */
export interface SessionEnds {
  now: Instant;
  /** A session that was not used since has been left idle. */
  idleSince: Instant;
}

/** The session with a token, or with an id, with its user; whether it lasts is for the caller to say. */
export function findSession(queries: Queries, session: { tokenHash: string } | { id: string }) {
  const [column, value] =
    'id' in session ? (['id', session.id] as const) : (['token_hash', session.tokenHash] as const);
  return queries
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .leftJoin('api_keys', 'api_keys.id', 'sessions.key_id')
    .where(`sessions.${column}`, '=', value)
    .where('users.is_active', '=', 1)
    .where('api_keys.revoked_at', 'is', null)
    .select([
      'sessions.id as sessionId',
      'sessions.cookie_hash as cookieHash',
      'sessions.last_used_at as lastUsedAt',
      'sessions.expires_at as expiresAt',
      'users.id as userId',
      'users.email as email',
      'users.role as role',
      'users.workspace_id as workspaceId',
    ])
    .executeTakeFirst();
}

/** The sessions of a user that last, the latest first. */
export function listSessions(queries: Queries, userId: string, ends: SessionEnds): Promise<SessionRow[]> {
  return queries
    .selectFrom('sessions')
    .where('user_id', '=', userId)
    .where(lasting(ends))
    .orderBy('date_inserted', 'desc')
    .selectAll()
    .execute();
}

/** Writes a session, and ends those of its user that are too many with it; answers how many. */
export async function insertSession(queries: Queries, row: SessionRow): Promise<number> {
  const kept = queries
    .selectFrom('sessions')
    .where('user_id', '=', row.user_id)
    .orderBy('last_used_at', 'desc')
    .limit(LIMITS.sessionsPerUser - 1)
    .select('id');
  const { numDeletedRows } = await queries
    .deleteFrom('sessions')
    .where('user_id', '=', row.user_id)
    .where('id', 'not in', kept)
    .executeTakeFirst();
  await queries.insertInto('sessions').values(row).execute();
  return Number(numDeletedRows);
}

/** Whether a user may begin a session: they are not locked out, and the key that is to begin it holds. */
export async function mayBeginSession(
  queries: Queries,
  { userId, keyId }: { userId: string; keyId: string | null },
): Promise<boolean> {
  const found = await queries
    .selectFrom('users')
    .leftJoin('api_keys', (join) => join.on('api_keys.id', '=', keyId))
    .where('users.id', '=', userId)
    .where('users.is_active', '=', 1)
    .where('api_keys.revoked_at', 'is', null)
    .select('users.id')
    .executeTakeFirst();
  return found !== undefined;
}

/** Whether a user has a session that began at an address. */
export async function hasSessionFrom(
  queries: Queries,
  { userId, address }: { userId: string; address: string },
  ends: SessionEnds,
): Promise<boolean> {
  const found = await queries
    .selectFrom('sessions')
    .where('user_id', '=', userId)
    .where('address', '=', address)
    .where(lasting(ends))
    .select('id')
    .executeTakeFirst();
  return found !== undefined;
}

/** Ends a session, of anybody or of one user, and answers whose it was; refuses when there is none. */
export async function removeSession(
  queries: Queries,
  sessionId: string,
  { ownerId }: { ownerId: string | null },
): Promise<{ userId: string }> {
  let removing = queries.deleteFrom('sessions').where('id', '=', sessionId);
  if (ownerId !== null) {
    removing = removing.where('user_id', '=', ownerId);
  }
  const removed = await removing.returning('user_id as userId').executeTakeFirst();
  if (!removed) {
    throw notFound(`There is no session "${sessionId}" of yours.`);
  }
  return removed;
}

/** Ends the sessions of a user, or those that a key began, but for one that is to stay; answers how many. */
export async function removeSessions(
  queries: Queries,
  whose: { userId: string } | { keyId: string },
  { except = null }: { except?: string | null } = {},
): Promise<number> {
  const [column, value] =
    'userId' in whose ? (['user_id', whose.userId] as const) : (['key_id', whose.keyId] as const);
  let removing = queries.deleteFrom('sessions').where(column, '=', value);
  if (except !== null) {
    removing = removing.where('id', '!=', except);
  }
  const { numDeletedRows } = await removing.executeTakeFirst();
  return Number(numDeletedRows);
}

/** Records when sessions were used last. */
export async function touchSessions(queries: Queries, used: ReadonlyMap<string, Instant>): Promise<void> {
  for (const [id, at] of used) {
    await queries.updateTable('sessions').set({ last_used_at: at }).where('id', '=', id).execute();
  }
}

/** Whether any sessions have ended by themselves that are still written down. */
export async function haveEnded(queries: Queries, ends: SessionEnds): Promise<boolean> {
  const ended = await queries
    .selectFrom('sessions')
    .where(({ not }) => not(lasting(ends)))
    .select('id')
    .limit(1)
    .executeTakeFirst();
  return ended !== undefined;
}

/** Forgets sessions that have ended by themselves; answers how many. */
export async function forgetSessions(queries: Queries, ends: SessionEnds): Promise<number> {
  const { numDeletedRows } = await queries
    .deleteFrom('sessions')
    .where(({ not }) => not(lasting(ends)))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function lasting({ now, idleSince }: SessionEnds) {
  return sql<boolean>`(expires_at > ${now} AND last_used_at > ${idleSince})`;
}
