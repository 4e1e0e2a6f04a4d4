import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import type { UploadRow } from '../tables.ts';

/** Uploads whose time is over and of which there are parts still, at most `limit`. */
export function findExpired(queries: Queries, now: Instant, limit: number): Promise<UploadRow[]> {
  return queries
    .selectFrom('uploads')
    .selectAll()
    .where('expires_at', '<=', now)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('upload_parts')
          .whereRef('upload_parts.upload_id', '=', 'uploads.id')
          .select('upload_parts.id'),
      ),
    )
    .orderBy('expires_at')
    .limit(limit)
    .execute();
}

/** Gives up what arrived of an upload; its row stays for a while, to tell what became of it. */
export async function deleteParts(queries: Queries, uploadId: string): Promise<void> {
  await queries.deleteFrom('upload_parts').where('upload_id', '=', uploadId).execute();
}

/** Forgets uploads that expired before a time. */
export async function deleteExpired(queries: Queries, before: Instant): Promise<void> {
  await queries
    .deleteFrom('uploads')
    .where('expires_at', '<=', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('upload_parts')
            .whereRef('upload_parts.upload_id', '=', 'uploads.id')
            .select('upload_parts.id'),
        ),
      ),
    )
    .execute();
}

/** Undivided uploads whose bytes are all there and that have not become a file. */
export function findComplete(queries: Queries): Promise<UploadRow[]> {
  return queries
    .selectFrom('uploads')
    .innerJoin('upload_parts', 'upload_parts.upload_id', 'uploads.id')
    .selectAll('uploads')
    .where('uploads.kind', '=', 'whole')
    .where('uploads.file_id', 'is', null)
    .whereRef('upload_parts.received_bytes', '=', 'uploads.size_bytes')
    .execute();
}

/** Which of these names belong to uploads that have bytes on disk: not become a file, not given up. */
export async function pickStaged(queries: Queries, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) {
    return new Set();
  }
  const rows = await queries
    .selectFrom('uploads')
    .innerJoin('upload_parts', 'upload_parts.upload_id', 'uploads.id')
    .where('uploads.id', 'in', names)
    .where('uploads.file_id', 'is', null)
    .select('uploads.id')
    .distinct()
    .union(queries.selectFrom('deliveries').where('id', 'in', names).where('is_stored', '=', 0).select('id'))
    .execute();
  return new Set(rows.map(({ id }) => id));
}
