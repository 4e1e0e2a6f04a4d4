import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { dateKey, type ListSource, type Window } from '../list-source.ts';
import { pageOf } from '../page-of.ts';
import type { UploadPartRow, UploadRow } from '../tables.ts';

/** An upload, whoever owns it and whatever has become of it. */
export function findUpload(queries: Queries, uploadId: string): Promise<UploadRow | undefined> {
  return queries.selectFrom('uploads').selectAll().where('id', '=', uploadId).executeTakeFirst();
}

/** A part, which the only one of an undivided upload is too. */
export function findPart(queries: Queries, partId: string): Promise<UploadPartRow | undefined> {
  return queries.selectFrom('upload_parts').selectAll().where('id', '=', partId).executeTakeFirst();
}

/** The parts of uploads, in order. */
export async function findParts(
  queries: Queries,
  uploadIds: readonly string[],
): Promise<Map<string, UploadPartRow[]>> {
  const parts = new Map<string, UploadPartRow[]>(uploadIds.map((id) => [id, []]));
  if (uploadIds.length === 0) {
    return parts;
  }
  const rows = await queries
    .selectFrom('upload_parts')
    .selectAll()
    .where('upload_id', 'in', uploadIds)
    .orderBy('upload_id')
    .orderBy('start')
    .execute();
  for (const row of rows) {
    parts.get(row.upload_id)!.push(row);
  }
  return parts;
}

/** How many uploads of an owner have neither become a file nor expired. */
export async function countUnfinished(queries: Queries, ownerId: string, now: Instant): Promise<number> {
  return await unfinished(queries, { ownerId, now }).count();
}

/** Uploads of an owner that have neither become a file nor expired, newest first. */
export function unfinished(
  queries: Queries,
  { ownerId, fingerprint, now }: { ownerId: string; fingerprint?: string; now: Instant },
) {
  function chosen() {
    const uploads = queries
      .selectFrom('uploads')
      .where('owner_id', '=', ownerId)
      .where('file_id', 'is', null)
      .where('expires_at', '>', now);
    return fingerprint === undefined ? uploads : uploads.where('fingerprint', '=', fingerprint);
  }
  const source = {
    async count() {
      const { count } = await chosen()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows: (window: Window) => pageOf(chosen().selectAll(), 'uploads', window).execute(),
    keyOf: (row: UploadRow) => dateKey(row.date_inserted, row.id),
  };
  return source satisfies ListSource<UploadRow>;
}
