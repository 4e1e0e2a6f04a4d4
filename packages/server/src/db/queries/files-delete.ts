import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { addToFileCount, countBy } from './files-insert.ts';

/** Marks living files as deleted; answers the digests they pointed to, whose blobs may now be unwanted. */
export async function deleteFiles(
  queries: Queries,
  which: { ids: readonly string[] } | { outputsOf: string; runs?: readonly number[] },
  now: Instant,
): Promise<string[]> {
  let update = queries.updateTable('files').set({ deleted_at: now }).where('deleted_at', 'is', null);
  if ('ids' in which) update = update.where('id', 'in', which.ids);
  else {
    update = update.where('job_id', '=', which.outputsOf);
    if (which.runs) update = update.where('run_number', 'in', which.runs);
  }
  const rows = await update.returning(['owner_id', 'sha512']).execute();
  for (const [ownerId, count] of countBy(rows)) await addToFileCount(queries, ownerId, -count);
  return [...new Set(rows.map(({ sha512 }) => sha512))];
}
