import type { Queries } from '../database.ts';

/** Bytes of living files by id, for up to some thousand ids; those that are not there are left out. */
export async function findFileSizes(queries: Queries, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await queries
    .selectFrom('files')
    .where('deleted_at', 'is', null)
    .where('id', 'in', [...new Set(ids)])
    .select(['id', 'size_bytes'])
    .execute();
  return new Map(rows.map(({ id, size_bytes }) => [id, size_bytes]));
}
