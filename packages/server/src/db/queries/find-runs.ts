import { notFound } from '../../errors.ts';
import type { Queries } from '../database.ts';

/** All runs of a job, planned ones included, in order. */
export function findRuns(queries: Queries, jobId: string) {
  return queries.selectFrom('runs').where('job_id', '=', jobId).orderBy('number').selectAll().execute();
}

/** One run of a job with the directory of its cluster; refuses with 404 when there is none. */
export async function findRun(queries: Queries, jobId: string, runId: string) {
  const row = /^[1-9]\d{0,8}$/.test(runId)
    ? await queries
        .selectFrom('runs')
        .leftJoin('clusters', 'clusters.job_id', 'runs.job_id')
        .where('runs.job_id', '=', jobId)
        .where('runs.number', '=', Number(runId))
        .selectAll('runs')
        .select('clusters.directory as cluster_directory')
        .executeTakeFirst()
    : undefined;
  if (!row) throw notFound(`The job has no run "${runId}".`);
  return row;
}
