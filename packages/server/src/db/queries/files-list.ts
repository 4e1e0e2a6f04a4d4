import { FILE_TYPE } from '@quarry/contract';
import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import type { FileRow, Tables } from '../tables.ts';
import { containsPattern } from './contains-pattern.ts';
import { isNotOfRemovedJob } from './files-removed.ts';

/** Of archives of the work directory of a run, which are no outputs of it. */
export const SNAPSHOT_TYPES: number[] = [FILE_TYPE.checkpointArchive, FILE_TYPE.snapshot];

/** A file with the e-mail address of its owner, as the wire shows it. */
export type FileWithOwner = FileRow & { owner_email: string };

export interface FileFilter {
  ownerId?: string;
  /** Outputs of one job, or of one of its runs; snapshots only where their type is named. */
  jobId?: string;
  runNumber?: number;
  typeId?: number;
  /** Any part of the name or the relative path, upper and lower case alike. */
  search?: string;
  uploadedFrom?: Instant;
  uploadedUntil?: Instant;
}

export type FileSortColumn = 'date_uploaded' | 'name' | 'size_bytes';

export interface FileOrder {
  column: FileSortColumn;
  descending: boolean;
}

/** Where a page of files begins: at a position, or behind the file with this sort value and id. */
export type FilePosition = { offset: number } | { after: { value: string | number; id: string } };

/** Living files in order, from a position on. */
export function listFiles(
  queries: Queries,
  filter: FileFilter,
  order: FileOrder,
  position: FilePosition,
  limit: number,
): Promise<FileWithOwner[]> {
  const direction = order.descending ? 'desc' : 'asc';
  const column = sql.ref(`files.${order.column}`);
  // The ids alone come from an index; only those of this page fetch their row.
  let ids = matching(queries.selectFrom('files'), filter).select('files.id');
  if ('after' in position) {
    const { value, id } = position.after;
    ids = ids.where(
      sql<SqlBool>`(${column}, files.id) ${sql.raw(order.descending ? '<' : '>')} (${value}, ${id})`,
    );
  } else {
    ids = ids.offset(position.offset);
  }
  return queries
    .selectFrom('files')
    .innerJoin('users', 'users.id', 'files.owner_id')
    .where('files.id', 'in', ids.orderBy(column, direction).orderBy('files.id', direction).limit(limit))
    .orderBy(column, direction)
    .orderBy('files.id', direction)
    .selectAll('files')
    .select('users.email as owner_email')
    .execute();
}

/** How many living files match. Without a filter beyond the owner this reads a counter, not the files. */
export async function countFiles(queries: Queries, filter: FileFilter): Promise<number> {
  const { ownerId, ...rest } = filter;
  if (Object.values(rest).every((value) => value === undefined)) {
    let counts = queries.selectFrom('file_counts');
    if (ownerId !== undefined) {
      counts = counts.where('owner_id', '=', ownerId);
    }
    const { files } = await counts
      .select(({ fn }) => fn.sum<number>('files').as('files'))
      .executeTakeFirstOrThrow();
    return Number(files ?? 0);
  }
  const { files } = await matching(queries.selectFrom('files'), filter)
    .select(({ fn }) => fn.countAll<number>().as('files'))
    .executeTakeFirstOrThrow();
  return Number(files);
}

/** Narrows a query of files to living ones that a filter lets through. */
export function matching<Selection>(
  query: SelectQueryBuilder<Tables, 'files', Selection>,
  filter: FileFilter,
): SelectQueryBuilder<Tables, 'files', Selection> {
  return query.where((eb) =>
    eb.and([eb('files.deleted_at', 'is', null), isNotOfRemovedJob(eb), ...conditions(eb, filter)]),
  );
}

function conditions(eb: ExpressionBuilder<Tables, 'files'>, filter: FileFilter): Expression<SqlBool>[] {
  const found: Expression<SqlBool>[] = [];
  if (filter.ownerId !== undefined) {
    found.push(eb('files.owner_id', '=', filter.ownerId));
  }
  if (filter.jobId !== undefined) {
    found.push(eb('files.job_id', '=', filter.jobId));
    if (filter.typeId === undefined) {
      found.push(eb('files.type_id', 'not in', SNAPSHOT_TYPES));
    }
  }
  if (filter.runNumber !== undefined) {
    found.push(eb('files.run_number', '=', filter.runNumber));
  }
  if (filter.typeId !== undefined) {
    found.push(eb('files.type_id', '=', filter.typeId));
  }
  if (filter.uploadedFrom !== undefined) {
    found.push(eb('files.date_uploaded', '>=', filter.uploadedFrom));
  }
  if (filter.uploadedUntil !== undefined) {
    found.push(eb('files.date_uploaded', '<=', filter.uploadedUntil));
  }
  if (filter.search !== undefined) {
    const pattern = containsPattern(foldForSearch(filter.search));
    found.push(sql<SqlBool>`files.search_text like ${pattern} escape '\\'`);
  }
  return found;
}

/** The form in which texts are compared: neither case nor the way an accent is encoded makes a difference. */
export function foldForSearch(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
