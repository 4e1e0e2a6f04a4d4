import type { Instant } from '../../clock.ts';
import { newId } from '../../ids.ts';
import type { Queries } from '../database.ts';
import type { UploadPartRow, UploadRow } from '../tables.ts';

/** Rows of one statement; a database bounds how many values it takes. */
const ROWS_AT_ONCE = 500;

/** Writes an upload and its parts; parts whose id is taken get another one. */
export async function insertUpload(
  queries: Queries,
  upload: UploadRow,
  parts: readonly UploadPartRow[],
): Promise<void> {
  await queries.insertInto('uploads').values(upload).execute();
  for (let from = 0; from < parts.length; from += ROWS_AT_ONCE) {
    const some = parts.slice(from, from + ROWS_AT_ONCE);
    const ids = some.map(({ id }) => id);
    const taken = new Set(
      [
        ...(await queries.selectFrom('upload_parts').where('id', 'in', ids).select('id').execute()),
        ...(await queries
          .selectFrom('uploads')
          .where('id', 'in', ids)
          .where('id', '!=', upload.id)
          .select('id')
          .execute()),
      ].map(({ id }) => id),
    );
    await queries
      .insertInto('upload_parts')
      .values(some.map((part) => (taken.has(part.id) ? { ...part, id: newId() } : part)))
      .execute();
  }
}

/** How much of a part is safe on disk; whoever goes on with an upload keeps it from expiring. */
export async function recordProgress(
  queries: Queries,
  part: Pick<UploadPartRow, 'id' | 'upload_id' | 'received_bytes'>,
  expiresAt: Instant,
): Promise<void> {
  await queries
    .updateTable('upload_parts')
    .set({ received_bytes: part.received_bytes })
    .where('id', '=', part.id)
    .execute();
  await queries
    .updateTable('uploads')
    .set({ expires_at: expiresAt })
    .where('id', '=', part.upload_id)
    .execute();
}

/** The file that uploads have become. */
export async function recordFile(
  queries: Queries,
  uploadIds: readonly string[],
  fileId: string,
): Promise<void> {
  await queries.updateTable('uploads').set({ file_id: fileId }).where('id', 'in', uploadIds).execute();
}

/** Forgets an upload and its parts. */
export async function deleteUpload(queries: Queries, uploadId: string): Promise<void> {
  await queries.deleteFrom('upload_parts').where('upload_id', '=', uploadId).execute();
  await queries.deleteFrom('uploads').where('id', '=', uploadId).execute();
}
