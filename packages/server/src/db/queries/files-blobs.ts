import { sql } from 'kysely';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';

/** Digests whose bytes are kept, in order, from behind `after` on, at most `limit`. */
export async function listKeptBlobs(queries: Queries, after: string, limit: number): Promise<string[]> {
  const rows = await queries
    .selectFrom('blobs')
    .where('collected_at', 'is', null)
    .where('sha512', '>', after)
    .orderBy('sha512')
    .limit(limit)
    .select('sha512')
    .execute();
  return rows.map(({ sha512 }) => sha512);
}

/** Which of these digests neither a living file nor a delivery points to, known to the database or not. */
export async function pickUnwanted(queries: Queries, digests: readonly string[]): Promise<string[]> {
  if (digests.length === 0) {
    return [];
  }
  // One parameter, so that it is one statement however many there are.
  const { rows } = await sql<{ sha512: string }>`
    SELECT value AS sha512 FROM json_each(${JSON.stringify(digests)})
    WHERE NOT EXISTS (SELECT 1 FROM files WHERE sha512 = value AND deleted_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM deliveries WHERE sha512 = value AND is_stored = 1)`.execute(queries);
  return rows.map(({ sha512 }) => sha512);
}

/** Gives a blob up, unless a living file or a delivery points to it; answers whether its bytes may go. */
export async function giveUpBlob(queries: Queries, sha512: string, now: Instant): Promise<boolean> {
  if ((await pickUnwanted(queries, [sha512])).length === 0) {
    return false;
  }
  await queries.updateTable('blobs').set({ collected_at: now }).where('sha512', '=', sha512).execute();
  return true;
}
