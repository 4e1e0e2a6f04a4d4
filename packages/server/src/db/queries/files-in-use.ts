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
