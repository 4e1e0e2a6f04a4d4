import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { RestartSource } from '@quarry/contract';
import type { Queries } from '../database.ts';
import { SNAPSHOT_TYPES } from './files-list.ts';
import { isNotOfRemovedJob } from './files-removed.ts';

/** Apart from those of the tiles of a job, which may be written anew. */
const TILE_OF_RESTORED = -1;
const ROWS_AT_ONCE = 500;

/** A file with which runs of a job begin, where another run had left it; or an archive with such files. */
export interface RestoredInput {
  id: string;
  isArchive: boolean;
  /** Null for one that every run begins with. */
  runNumber: number | null;
}

/** A run that goes on from the run of its number in another job. */
export interface RestartedRun {
  number: number;
  source: RestartSource;
  snapshotId: string | null;
}

/** What the runs of a job go on from. */
export interface Restored {
  files: readonly RestoredInput[];
  /** Those that each have files of their own. */
  runs: readonly RestartedRun[];
}

export const NOTHING_RESTORED: Restored = { files: [], runs: [] };

/** Writes what the runs of a new job begin with. */
export async function writeRestored(
  queries: Queries,
  jobId: string,
  { files, runs }: Restored,
): Promise<void> {
  const inputs = files.map(({ id, isArchive, runNumber }, position) => ({
    job_id: jobId,
    tile: TILE_OF_RESTORED,
    position,
    file_id: id,
    role: 'restored' as const,
    decompress: isArchive ? (1 as const) : (0 as const),
    run_number: runNumber,
  }));
  for (const rows of portionsOf(inputs)) {
    await queries.insertInto('job_inputs').values(rows).execute();
    await letOthersRun();
  }
  const restarted = runs.map(({ number, source, snapshotId }) => ({
    job_id: jobId,
    number,
    source,
    snapshot_id: snapshotId,
  }));
  for (const rows of portionsOf(restarted)) {
    await queries.insertInto('restarted_runs').values(rows).execute();
    await letOthersRun();
  }
}

function* portionsOf<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    yield rows.slice(start, start + ROWS_AT_ONCE);
  }
}

/** What the runs of a job go on from, deleted files included. */
export async function readRestored(queries: Queries, jobId: string): Promise<Restored> {
  const files = await queries
    .selectFrom('job_inputs')
    .where('job_id', '=', jobId)
    .where('tile', '=', TILE_OF_RESTORED)
    .orderBy('position')
    .select(['file_id', 'decompress', 'run_number'])
    .execute();
  const runs = await queries
    .selectFrom('restarted_runs')
    .where('job_id', '=', jobId)
    .orderBy('number')
    .select(['number', 'source', 'snapshot_id as snapshotId'])
    .execute();
  return {
    files: files.map(({ file_id, decompress, run_number }) => ({
      id: file_id,
      isArchive: decompress === 1,
      runNumber: run_number,
    })),
    runs,
  };
}

const restoredFiles = (queries: Queries, jobId: string) =>
  queries
    .selectFrom('job_inputs')
    .innerJoin('files', 'files.id', 'job_inputs.file_id')
    .where('job_inputs.job_id', '=', jobId)
    .orderBy('job_inputs.position')
    .selectAll('files')
    .select(['job_inputs.decompress', 'job_inputs.run_number as restored_run']);

/** What every run of a job begins with, deleted files included. */
export async function findRestored(queries: Queries, jobId: string) {
  return await restoredFiles(queries, jobId).where('job_inputs.tile', '=', TILE_OF_RESTORED).execute();
}

export type RestoredRow = Awaited<ReturnType<typeof findRestored>>[number];

/** What each of these runs alone begins with, deleted files included. */
export async function findRestoredOfRuns(queries: Queries, jobId: string, numbers: readonly number[]) {
  // Said of the index, too, which has nothing but these.
  return await restoredFiles(queries, jobId)
    .where('job_inputs.run_number', 'is not', null)
    .where('job_inputs.run_number', 'in', numbers)
    .execute();
}

/** Of the runs of a job that wait for an agent, the first by number, with how many files each alone begins with. */
export async function countRestoredOfWaiting(queries: Queries, jobId: string, most: number) {
  const rows = await queries
    .selectFrom('runs')
    .where('runs.job_id', '=', jobId)
    .where('runs.batch', 'is', null)
    .where('runs.outcome', 'is', null)
    .orderBy('runs.number')
    .limit(most)
    .select(({ selectFrom }) =>
      selectFrom('job_inputs')
        .whereRef('job_inputs.job_id', '=', 'runs.job_id')
        .whereRef('job_inputs.run_number', '=', 'runs.number')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('files'),
    )
    .execute();
  return rows.map(({ files }) => Number(files ?? 0));
}

/** How many of the files with which the runs of a job begin have been deleted. */
export async function countLostRestored(queries: Queries, jobId: string): Promise<number> {
  const { count } = await queries
    .selectFrom('job_inputs')
    .innerJoin('files', 'files.id', 'job_inputs.file_id')
    .where('job_inputs.job_id', '=', jobId)
    .where('job_inputs.tile', '=', TILE_OF_RESTORED)
    .where((eb) => eb.or([eb('files.deleted_at', 'is not', null), eb.not(isNotOfRemovedJob(eb))]))
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

/** What these runs of a job go on from, by their numbers. */
export async function findRestartedRuns(queries: Queries, jobId: string, numbers: readonly number[]) {
  const rows = await queries
    .selectFrom('restarted_runs')
    .where('job_id', '=', jobId)
    .where('number', 'in', numbers)
    .select(['number', 'source', 'snapshot_id as snapshotId'])
    .execute();
  return new Map<number, RestartedRun>(rows.map((row) => [row.number, row]));
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
