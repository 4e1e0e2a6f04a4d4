import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Caller, person } from '../../access/caller.ts';
import type { Queries } from '../database.ts';
import { type Reach, reachOf } from './visible-jobs.ts';

/** Bytes that a living file has. */
export interface KnownBytes {
  sha512: string;
  sizeBytes: number;
}

/**
 * Which of these digests a living file has that the caller may read, with the size of its bytes; for thousands of
 * digests at once. For each there is one look into an index, the same whether nobody has such a file or only others.
 */
export async function findKnownBytes(
  queries: Queries,
  caller: Caller,
  digests: readonly string[],
): Promise<KnownBytes[]> {
  if (digests.length === 0) return [];
  const readable = await pickReadable(queries, caller, 'sha512', digests);
  if (readable.length === 0) return [];
  return await queries
    .selectFrom('blobs')
    .where('sha512', 'in', readable)
    .select(['sha512', 'size_bytes as sizeBytes'])
    .execute();
}

/** Which of these sizes, in bytes, a living file has that the caller may read. */
export async function findKnownSizes(
  queries: Queries,
  caller: Caller,
  sizes: readonly number[],
): Promise<Set<number>> {
  if (sizes.length === 0) return new Set();
  return new Set(await pickReadable(queries, caller, 'size_bytes', sizes));
}

/** The values that a column has in files that the caller may read: the rule of `findVisibleFile`, for many at once. */
async function pickReadable<Value extends string | number>(
  queries: Queries,
  caller: Caller,
  column: 'sha512' | 'size_bytes',
  values: readonly Value[],
): Promise<Value[]> {
  const rows = values.map((value) => sql`(${value})`);
  const asked: RawBuilder<{ value: Value }> = sql`(VALUES ${sql.join(rows)})`;
  const { userId } = person(caller);
  const found = await queries
    .with('asked(value)', () => asked as never)
    .selectFrom('asked' as never)
    .select(sql<Value>`asked.value`.as('value'))
    .where(isReadable(queries, reachOf(caller), userId, sql.ref(`files.${column}`)))
    .execute();
  return found.map(({ value }) => value as Value);
}

function isReadable(
  queries: Queries,
  reach: Reach,
  userId: string,
  column: RawBuilder<unknown>,
): Expression<SqlBool> {
  const living = queries
    .selectFrom('files')
    .where('files.deleted_at', 'is', null)
    .where(sql<SqlBool>`${column} = asked.value`)
    .select('files.owner_id');
  if (reach === 'all') return sql`EXISTS ${living}`;
  const own = living.where('files.owner_id', '=', userId);
  if (reach === 'own') return sql`EXISTS ${own}`;
  const managed = queries
    .selectFrom('project_members')
    .where('project_members.user_id', '=', userId)
    .where('project_members.is_manager', '=', 1)
    .select('project_members.project_id');
  const inManaged = queries
    .selectFrom('jobs')
    .where('jobs.deleted_at', 'is', null)
    .where('jobs.project_id', 'in', managed);
  // Narrowed to those who have jobs there: what everybody else has is not even passed over.
  const outputs = living
    .where('files.owner_id', 'in', inManaged.select('jobs.owner_id'))
    .where(({ exists }) => exists(inManaged.where(sql<SqlBool>`jobs.id = files.job_id`).select('jobs.id')));
  return sql`(EXISTS ${own} OR EXISTS ${outputs})`;
}
