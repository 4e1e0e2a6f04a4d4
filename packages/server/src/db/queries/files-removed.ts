import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import type { Tables } from '../tables.ts';

/** Whether a file is none of a job that is being removed by a task: these are gone for everybody, but their rows are not yet. */
export function isNotOfRemovedJob(eb: ExpressionBuilder<Tables, 'files'>): Expression<SqlBool> {
  return eb.or([eb('files.job_id', 'is', null), eb('files.job_id', 'not in', removedJobs(eb))]);
}

/** Ids of jobs that are being removed by a task. */
export async function findRemovedJobs(queries: Queries): Promise<Set<string>> {
  const rows = await removedJobs(queries).execute();
  return new Set(rows.map(({ subject_id }) => subject_id));
}

function removedJobs(queries: Pick<ExpressionBuilder<Tables, 'files'>, 'selectFrom'>) {
  return queries
    .selectFrom('tasks')
    .where('tasks.state', 'in', ['waiting', 'running'])
    .where('tasks.kind', '=', 'deletion')
    .select('tasks.subject_id');
}

/** How many living files a job has, by their owners. */
export async function countFilesOfJob(queries: Queries, jobId: string): Promise<Map<string, number>> {
  const rows = await queries
    .selectFrom('files')
    .where('job_id', '=', jobId)
    .where('deleted_at', 'is', null)
    .groupBy('owner_id')
    .select(({ fn }) => ['owner_id', fn.countAll<number>().as('count')])
    .execute();
  return new Map(rows.map(({ owner_id, count }) => [owner_id, Number(count)]));
}

/**
 * Marks some living files of a job as deleted, which its owner's counter does without already; answers the digests that they
 * pointed to, one for each.
 */
export async function removeSomeFiles(
  queries: Queries,
  jobId: string,
  { now, most }: { now: Instant; most: number },
): Promise<string[]> {
  const some = queries
    .selectFrom('files')
    .where('job_id', '=', jobId)
    .where('deleted_at', 'is', null)
    .limit(most)
    .select('id');
  const rows = await queries
    .updateTable('files')
    .set({ deleted_at: now })
    .where('id', 'in', some)
    .returning('sha512')
    .execute();
  return rows.map(({ sha512 }) => sha512);
}

/** Removes what some runs of a job have used; answers of how many. */
export async function removeSomeUsage(queries: Queries, jobId: string, most: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM run_usage WHERE job_id = ${jobId} AND number IN (
      SELECT number FROM run_usage WHERE job_id = ${jobId} LIMIT ${most})`.execute(queries);
  return Number(numAffectedRows);
}
