import { sql } from 'kysely';
import type { Queries } from '../database.ts';

const JOBS_NAMED = 5;

/** Ids of jobs under way that have this file as an input, a few of them at most. */
export async function findJobsUnderWay(queries: Queries, fileId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('job_inputs')
    .innerJoin('jobs', 'jobs.id', 'job_inputs.job_id')
    .where('job_inputs.file_id', '=', fileId)
    .where('jobs.date_submitted', 'is not', null)
    .where('jobs.is_completed', '=', 0)
    .where('jobs.deleted_at', 'is', null)
    .select('jobs.id')
    .distinct()
    .limit(JOBS_NAMED)
    .execute();
  return rows.map(({ id }) => id);
}

/** Ids of other jobs under way that have outputs of this one as inputs, a few of them at most; all outputs, or those of runs. */
export async function findOutputUsers(
  queries: Queries,
  jobId: string,
  runs?: readonly number[],
): Promise<string[]> {
  const rows = await queries
    .selectFrom('files')
    .innerJoin('job_inputs', 'job_inputs.file_id', 'files.id')
    .innerJoin('jobs', 'jobs.id', 'job_inputs.job_id')
    // The sign keeps SQLite from going through all jobs under way and their inputs: most jobs have few outputs.
    .where(sql<boolean>`+jobs.is_completed = 0`)
    .where('jobs.date_submitted', 'is not', null)
    .where('jobs.deleted_at', 'is', null)
    .where('jobs.id', '!=', jobId)
    .where('files.job_id', '=', jobId)
    .where('files.deleted_at', 'is', null)
    .select(['jobs.id', 'files.run_number'])
    .distinct()
    .execute();
  // There may be more numbers than a statement can bind.
  const given = runs && new Set(runs);
  const users = rows.filter(({ run_number }) => !given || (run_number !== null && given.has(run_number)));
  return [...new Set(users.map(({ id }) => id))].slice(0, JOBS_NAMED);
}

/** Whether a job has this file as an input. */
export async function isInputOf(queries: Queries, fileId: string, jobId: string): Promise<boolean> {
  const row = await queries
    .selectFrom('job_inputs')
    .where('file_id', '=', fileId)
    .where('job_id', '=', jobId)
    .select('file_id')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
