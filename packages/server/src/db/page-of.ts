import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { splitDateKey, type Window } from './list-source.ts';

/** A page of rows of a table, newest first: in the order of `date_inserted` and `id`. */
export function pageOf<Database, Joined extends keyof Database, Row>(
  rows: SelectQueryBuilder<Database, Joined, Row>,
  table: string,
  { limit, offset, after }: Window,
): SelectQueryBuilder<Database, Joined, Row> {
  const [date, id] = [sql.ref(`${table}.date_inserted`), sql.ref(`${table}.id`)];
  const page = rows.orderBy(date, 'desc').orderBy(id, 'desc').limit(limit).offset(offset);
  if (after === null) {
    return page;
  }
  const last = splitDateKey(after);
  return page.where(sql<SqlBool>`(${date}, ${id}) < (${last.date}, ${last.id})`);
}
