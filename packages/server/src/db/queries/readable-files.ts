import { type Expression, type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { Tables } from '../tables.ts';
import { isNotOfRemovedJob } from './files-removed.ts';
import type { Reach } from './visible-jobs.ts';

type Living = SelectQueryBuilder<Tables, 'files', object>;

function livingFiles(queries: Queries): Living {
  return queries.selectFrom('files').where('files.deleted_at', 'is', null).where(isNotOfRemovedJob);
}

/**
 * Which of these living files are within the reach of a user, as queries that have them together: the user's own,
 * everybody's for an administrator, and for whoever manages a project the outputs of its jobs.
 */
function within(queries: Queries, living: Living, reach: Reach, userId: string): Living[] {
  if (reach === 'all') {
    return [living];
  }
  const own = living.where('files.owner_id', '=', userId);
  if (reach === 'own') {
    return [own];
  }
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
  return [own, outputs];
}

const find = { all: findWithin('all'), own: findWithin('own'), managed: findWithin('managed') };

function findWithin(reach: Reach) {
  return prepared(['userId', 'fileId'], (queries, { userId, fileId }) => {
    const wanted = livingFiles(queries).where('files.id', '=', fileId);
    const [first, ...others] = within(queries, wanted, reach, userId).map((files) =>
      files
        .innerJoin('users', 'users.id', 'files.owner_id')
        .selectAll('files')
        .select('users.email as owner_email'),
    );
    return others.reduce((all, files) => all.union(files), first!);
  });
}

/** The living file with this id, if it is within the reach of a user. */
export async function findFileWithin(queries: Queries, reach: Reach, userId: string, fileId: string) {
  const [file] = await find[reach](queries, { userId, fileId });
  return file;
}

/**
 * The values that a column has in files within the reach of a user, of those asked for. For each there is one look into an
 * index, the same whether nobody has such a file or only others.
 */
export async function pickWithin<Value extends string | number>(
  queries: Queries,
  reach: Reach,
  userId: string,
  { column, values }: { column: 'id' | 'sha512' | 'size_bytes'; values: readonly Value[] },
): Promise<Value[]> {
  if (values.length === 0) {
    return [];
  }
  const rows = values.map((value) => sql`(${value})`);
  const asked: RawBuilder<{ value: Value }> = sql`(VALUES ${sql.join(rows)})`;
  const living = livingFiles(queries).where(sql<SqlBool>`${sql.ref(`files.${column}`)} = asked.value`);
  const ways = within(queries, living, reach, userId).map((files) => files.select('files.owner_id'));
  const found = await queries
    .with('asked(value)', () => asked as never)
    .selectFrom('asked' as never)
    .select(sql<Value>`asked.value`.as('value'))
    .where(({ or, exists }) => or(ways.map((files): Expression<SqlBool> => exists(files))))
    .execute();
  return found.map(({ value }) => value as Value);
}

/** The sizes of blobs. */
export function findBlobSizes(queries: Queries, digests: readonly string[]) {
  return queries
    .selectFrom('blobs')
    .where('sha512', 'in', [...digests])
    .select(['sha512', 'size_bytes as sizeBytes'])
    .execute();
}
