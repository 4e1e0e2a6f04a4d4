import type { Queries } from '../database.ts';
import { SNAPSHOT_TYPES } from './files-list.ts';

/** Apart from those of the tiles of a job, which may be written anew. */
const TILE_OF_RESTORED = -1;
const ROWS_AT_ONCE = 500;

/** A file with which the run of a job begins, where another run had left it; or an archive with such files. */
export interface RestoredInput {
  id: string;
  isArchive: boolean;
}

/** Writes what the run of a new job begins with. */
export async function writeRestored(
  queries: Queries,
  jobId: string,
  files: readonly RestoredInput[],
): Promise<void> {
  const rows = files.map(({ id, isArchive }, position) => ({
    job_id: jobId,
    tile: TILE_OF_RESTORED,
    position,
    file_id: id,
    role: 'restored' as const,
    decompress: isArchive ? (1 as const) : (0 as const),
  }));
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await queries
      .insertInto('job_inputs')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute();
  }
}

/** What the run of a job begins with, deleted files included. */
export async function findRestored(queries: Queries, jobId: string) {
  return await queries
    .selectFrom('job_inputs')
    .innerJoin('files', 'files.id', 'job_inputs.file_id')
    .where('job_inputs.job_id', '=', jobId)
    .where('job_inputs.tile', '=', TILE_OF_RESTORED)
    .orderBy('job_inputs.position')
    .selectAll('files')
    .select('job_inputs.decompress')
    .execute();
}

export type RestoredRow = Awaited<ReturnType<typeof findRestored>>[number];

/** How many of these files have been deleted. */
export async function countLostRestored(queries: Queries, jobId: string): Promise<number> {
  const { count } = await queries
    .selectFrom('job_inputs')
    .innerJoin('files', 'files.id', 'job_inputs.file_id')
    .where('job_inputs.job_id', '=', jobId)
    .where('job_inputs.tile', '=', TILE_OF_RESTORED)
    .where('files.deleted_at', 'is not', null)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Living outputs of a run, by their paths. */
export async function findOutputsOfRun(queries: Queries, jobId: string, runNumber: number) {
  return await queries
    .selectFrom('files')
    .where('job_id', '=', jobId)
    .where('run_number', '=', runNumber)
    .where('deleted_at', 'is', null)
    .where('type_id', 'not in', SNAPSHOT_TYPES)
    .orderBy('relative_path')
    .select(['id', 'relative_path'])
    .execute();
}

/** Ids of jobs under way whose runs begin with files of this job, a few of them at most. */
export async function findRestartsUnderWay(queries: Queries, jobId: string, most: number): Promise<string[]> {
  const rows = await queries
    .selectFrom('jobs')
    .where('restarted_from', '=', jobId)
    .where('is_completed', '=', 0)
    .where('date_submitted', 'is not', null)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(most)
    .select('id')
    .execute();
  return rows.map(({ id }) => id);
}
