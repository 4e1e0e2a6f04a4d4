import type { Insertable } from 'kysely';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import type { JobRow } from '../tables.ts';

type OfDefinition = Omit<
  Insertable<JobRow>,
  | ('id' | 'owner_id' | 'status' | 'is_completed' | 'waiting' | 'output_bytes' | 'deleted_at')
  | ('date_inserted' | 'date_submitted' | 'date_started' | 'date_completed')
>;

/** Writes a job to which nothing has happened yet. */
export async function insertJob(
  queries: Queries,
  job: { id: string; ownerId: string; at: Instant; columns: OfDefinition },
): Promise<void> {
  await queries
    .insertInto('jobs')
    .values({
      id: job.id,
      owner_id: job.ownerId,
      ...job.columns,
      status: null,
      is_completed: 0,
      waiting: null,
      output_bytes: 0,
      date_inserted: job.at,
      date_submitted: null,
      date_started: null,
      date_completed: null,
      deleted_at: null,
    })
    .execute();
}
