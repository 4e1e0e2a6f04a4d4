import type { Updateable } from 'kysely';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import type { JobRow } from '../tables.ts';

/** Writes columns of a job that follow from its definition. */
export async function changeColumns(
  queries: Queries,
  jobId: string,
  columns: Updateable<JobRow>,
): Promise<void> {
  await queries.updateTable('jobs').set(columns).where('id', '=', jobId).execute();
}

/** Marks a job as deleted; nobody sees it any more. */
export async function markDeleted(queries: Queries, jobId: string, at: Instant): Promise<void> {
  await queries.updateTable('jobs').set({ deleted_at: at }).where('id', '=', jobId).execute();
}
