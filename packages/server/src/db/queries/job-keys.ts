import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';

/** Writes the key of a job, of which only the hash is kept. */
export async function insertJobKey(
  queries: Queries,
  key: { id: string; ownerId: string; jobId: string; hash: string; prefix: string; at: Instant },
): Promise<void> {
  await queries
    .insertInto('api_keys')
    .values({
      id: key.id,
      user_id: key.ownerId,
      name: `job ${key.jobId}`,
      key_hash: key.hash,
      key_prefix: key.prefix,
      job_id: key.jobId,
      date_inserted: key.at,
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
}

/** Gives a job that has ended its key back. */
export async function restoreJobKey(queries: Queries, jobId: string): Promise<void> {
  await queries.updateTable('api_keys').set({ revoked_at: null }).where('job_id', '=', jobId).execute();
}
