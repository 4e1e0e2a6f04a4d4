import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';

const findOfJob = prepared(['jobId'], (queries, { jobId }) =>
  queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('directory', 'is not', null)
    .select(['number', 'directory']),
);

/** The directories that are kept of runs of a job, or in which these go on, by number of the run. */
export async function findRunDirectories(queries: Queries, jobId: string): Promise<Map<number, string>> {
  const rows = await findOfJob(queries, { jobId });
  return new Map(rows.map(({ number, directory }) => [number, directory!]));
}

/** Every directory that is kept, or in which a run goes on. */
export async function findKeptDirectories(queries: Queries): Promise<string[]> {
  const rows = await queries
    .selectFrom('runs')
    .where('directory', 'is not', null)
    .select('directory')
    .execute();
  return rows.map(({ directory }) => directory!);
}

/** Columns of a run whose directory is nobody's any more. */
export const NO_DIRECTORY = { directory: null, directory_bytes: null, directory_expires_at: null };

/** Runs whose directory has been kept long enough. */
export function findExpiredDirectories(queries: Queries, now: Instant) {
  return queries
    .selectFrom('runs')
    .where('directory', 'is not', null)
    .where('directory_expires_at', '<=', now)
    .where('outcome', 'is not', null)
    .select(['job_id as jobId', 'number'])
    .execute();
}

/** Gives up the directories of runs that have ended, those named or all of a job; answers them. */
export async function giveUpDirectories(
  queries: Queries,
  jobId: string,
  numbers?: readonly number[],
): Promise<string[]> {
  const kept = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('directory', 'is not', null)
    .where('outcome', 'is not', null)
    .select(['number', 'directory'])
    .execute();
  // There may be more numbers than a statement can bind.
  const given = numbers && new Set(numbers);
  const rows = given ? kept.filter(({ number }) => given.has(number)) : kept;
  for (const { number } of rows) {
    await queries
      .updateTable('runs')
      .set(NO_DIRECTORY)
      .where('job_id', '=', jobId)
      .where('number', '=', number)
      .execute();
  }
  return rows.map(({ directory }) => directory!);
}
