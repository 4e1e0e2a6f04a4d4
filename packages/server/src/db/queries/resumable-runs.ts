import { RUN_TYPE } from '@quarry/contract';
import type { Queries } from '../database.ts';

const COLUMNS = [
  'number',
  'outcome',
  'failure',
  'date_started',
  'is_unfinished',
  'is_resumed',
  'directory',
] as const;

/** Runs that have ended otherwise than well and of which something is left, or that have never begun. */
export function findLeftRuns(queries: Queries, jobId: string) {
  return queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('outcome', 'is not', null)
    .where('outcome', '!=', 'success')
    .where(({ or, eb }) =>
      or([eb('directory', 'is not', null), eb('is_unfinished', '=', 1), eb('date_started', 'is', null)]),
    )
    .where('type', '!=', RUN_TYPE.optimization)
    .orderBy('number')
    .select(COLUMNS)
    .execute();
}

/** What is to be known of a run to say whether it can go on. */
export type LeftRun = Awaited<ReturnType<typeof findLeftRuns>>[number];

/** One run of a job that is there. */
export function findLeftRun(queries: Queries, jobId: string, number: number): Promise<LeftRun> {
  return queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('number', '=', number)
    .select(COLUMNS)
    .executeTakeFirstOrThrow();
}

/** Numbers of the runs of a job that go on where they were cut off, and have not ended. */
export async function findResuming(queries: Queries, jobId: string): Promise<number[]> {
  const rows = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('outcome', 'is', null)
    .where('is_resumed', '=', 1)
    .orderBy('number')
    .select('number')
    .execute();
  return rows.map(({ number }) => number);
}
