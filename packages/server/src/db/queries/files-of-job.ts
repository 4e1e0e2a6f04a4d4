import { type SqlBool, sql } from 'kysely';
import type { Queries } from '../database.ts';
import type { FileWithOwner } from './files-list.ts';
import { type FileFilter, matching } from './files-list.ts';

const ROWS_AT_ONCE = 1000;

/** Where a reading of the outputs of a job goes on. */
type Position = Pick<FileWithOwner, 'run_number' | 'date_uploaded' | 'id'>;

/** Living files of a job, run by run, some at a time, in an order that stays while others come. */
export async function* readFilesOfJob(
  queries: Queries,
  filter: FileFilter & { jobId: string },
): AsyncGenerator<FileWithOwner> {
  for (let after: Position | null = null; ; ) {
    const rows: FileWithOwner[] = await someAfter(queries, filter, after);
    yield* rows;
    if (rows.length < ROWS_AT_ONCE) {
      return;
    }
    after = rows.at(-1)!;
  }
}

/** How many there are, and their bytes. */
export async function sumFilesOfJob(
  queries: Queries,
  filter: FileFilter & { jobId: string },
): Promise<{ files: number; bytes: number }> {
  const { files, bytes } = await matching(queries.selectFrom('files'), filter)
    .select(({ fn }) => [
      fn.countAll<number>().as('files'),
      fn.sum<number | null>('files.size_bytes').as('bytes'),
    ])
    .executeTakeFirstOrThrow();
  return { files: Number(files), bytes: Number(bytes ?? 0) };
}

function someAfter(queries: Queries, filter: FileFilter, after: Position | null): Promise<FileWithOwner[]> {
  let files = matching(queries.selectFrom('files'), filter);
  if (after !== null) {
    const { run_number: run, date_uploaded: date, id } = after;
    files = files.where(
      sql<SqlBool>`(files.run_number, files.date_uploaded, files.id) > (${run}, ${date}, ${id})`,
    );
  }
  return files
    .innerJoin('users', 'users.id', 'files.owner_id')
    .orderBy('files.run_number')
    .orderBy('files.date_uploaded')
    .orderBy('files.id')
    .limit(ROWS_AT_ONCE)
    .selectAll('files')
    .select('users.email as owner_email')
    .execute();
}
