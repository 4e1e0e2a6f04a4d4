import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { IdempotencyKeyRow } from '../tables.ts';

const find = prepared(['userId', 'key'], (queries, { userId, key }) =>
  queries.selectFrom('idempotency_keys').where('user_id', '=', userId).where('key', '=', key).selectAll(),
);

/** What a user's key stands for, if it is known. */
export async function findIdempotencyKey(
  queries: Queries,
  userId: string,
  key: string,
): Promise<IdempotencyKeyRow | undefined> {
  return (await find(queries, { userId, key }))[0];
}

/** Keeps what a key stands for. */
export async function insertIdempotencyKey(queries: Queries, row: IdempotencyKeyRow): Promise<void> {
  await queries.insertInto('idempotency_keys').values(row).execute();
}

/** The dates of up to `limit` keys that are older than an instant, oldest first. */
export async function findOldIdempotencyKeys(
  queries: Queries,
  before: Instant,
  limit: number,
): Promise<Instant[]> {
  const rows = await queries
    .selectFrom('idempotency_keys')
    .where('date_inserted', '<', before)
    .orderBy('date_inserted')
    .limit(limit)
    .select('date_inserted')
    .execute();
  return rows.map((row) => row.date_inserted);
}

/** Forgets the keys up to and with an instant. */
export async function deleteIdempotencyKeys(queries: Queries, upTo: Instant): Promise<void> {
  await queries.deleteFrom('idempotency_keys').where('date_inserted', '<=', upTo).execute();
}
