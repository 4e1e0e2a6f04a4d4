import { sql } from 'kysely';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { JobDependencyRow } from '../tables.ts';
import { jobsWithin, type Reach } from './visible-jobs.ts';

const ROWS_AT_ONCE = 500;

type Condition = JobDependencyRow['condition'];
type Verdict = NonNullable<JobDependencyRow['verdict']>;

/** Writes which jobs a saved job is to start after, in place of what was written before. */
export async function writeDependencies(
  queries: Queries,
  jobId: string,
  after: ReadonlyArray<{ jobId: string; on: Condition }>,
): Promise<void> {
  await queries.deleteFrom('job_dependencies').where('job_id', '=', jobId).execute();
  const rows = after.map(({ jobId: on_job_id, on }, position) => ({
    job_id: jobId,
    position,
    on_job_id,
    condition: on,
    verdict: null,
  }));
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await queries
      .insertInto('job_dependencies')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute();
  }
}

/** The jobs that a job is to start after, and what has become of each. */
export const findDependencies = prepared(['jobId'], (queries, { jobId }) =>
  queries
    .selectFrom('job_dependencies')
    .where('job_id', '=', jobId)
    .select(['on_job_id as onJobId', 'verdict']),
);

/** Of these jobs those that have not ended as they should, in order, with where each of them stands. */
export const findUnmet = prepared(['jobId'], (queries, { jobId }) =>
  queries
    .selectFrom('job_dependencies')
    .leftJoin('jobs', 'jobs.id', 'job_dependencies.on_job_id')
    .where('job_dependencies.job_id', '=', jobId)
    .where(({ or, eb }) => or([eb('verdict', 'is', null), eb('verdict', '!=', 'met')]))
    .orderBy('job_dependencies.position')
    .select([
      'job_dependencies.on_job_id as onJobId',
      'job_dependencies.condition',
      'job_dependencies.verdict',
      'jobs.name',
      'jobs.state',
      'jobs.deleted_at as deletedAt',
    ]),
);

export type UnmetDependency = Awaited<ReturnType<typeof findUnmet>>[number];

/** Counts the ends of those no more that a job was to start after and that are under way once more. */
export async function reopenDependencies(queries: Queries, jobId: string): Promise<void> {
  await queries
    .updateTable('job_dependencies')
    .set({ verdict: 'open' })
    .where('job_id', '=', jobId)
    .where('verdict', '=', 'met')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('jobs')
          .whereRef('jobs.id', '=', 'job_dependencies.on_job_id')
          .where('jobs.is_completed', '=', 0)
          .where('jobs.date_submitted', 'is not', null)
          .where('jobs.deleted_at', 'is', null)
          .select('jobs.id'),
      ),
    )
    .execute();
}

export async function noteVerdict(
  queries: Queries,
  jobId: string,
  onJobId: string,
  verdict: Verdict,
): Promise<void> {
  await queries
    .updateTable('job_dependencies')
    .set({ verdict })
    .where('job_id', '=', jobId)
    .where('on_job_id', '=', onJobId)
    .execute();
}

/** Jobs that wait for this one, at most so many. */
export async function findDependents(queries: Queries, onJobId: string, limit: number): Promise<string[]> {
  const rows = await queries
    .selectFrom('job_dependencies')
    .where('on_job_id', '=', onJobId)
    .where('verdict', '=', sql.lit('open' as const))
    .select('job_id')
    .limit(limit)
    .execute();
  return rows.map(({ job_id }) => job_id);
}

/** Jobs for which others wait, and that have ended or are gone: what a crash has left undone. */
export async function findOverlooked(queries: Queries): Promise<string[]> {
  const rows = await queries
    .selectFrom('job_dependencies')
    .innerJoin('jobs', 'jobs.id', 'job_dependencies.on_job_id')
    .where('job_dependencies.verdict', '=', sql.lit('open' as const))
    .where(({ or, eb }) => or([eb('jobs.is_completed', '=', 1), eb('jobs.deleted_at', 'is not', null)]))
    .select('on_job_id')
    .distinct()
    .execute();
  return rows.map(({ on_job_id }) => on_job_id);
}

/** Whether one of these jobs, or one that it is to start after, however far, is the job itself. */
export async function leadsTo(queries: Queries, from: readonly string[], jobId: string): Promise<boolean> {
  const starts = JSON.stringify(from);
  const { rows } = await sql<{ id: string }>`
    WITH RECURSIVE reached (id) AS (
      SELECT value FROM json_each(${starts})
      UNION
      SELECT on_job_id FROM job_dependencies JOIN reached ON job_dependencies.job_id = reached.id
    )
    SELECT id FROM reached WHERE id = ${jobId}`.execute(queries);
  return rows.length > 0;
}

/** Of these jobs those within the reach of a user, with what a list shows of them. */
export async function findNamedJobs(
  queries: Queries,
  { reach, userId }: { reach: Reach; userId: string },
  ids: readonly string[],
) {
  const found: Array<{ id: string; name: string; status: string | null }> = [];
  for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
    const some = ids.slice(start, start + ROWS_AT_ONCE);
    const rows = await jobsWithin(queries, reach, userId)
      .where('jobs.id', 'in', some)
      .select(['jobs.id', 'jobs.name', 'jobs.status'])
      .execute();
    found.push(...rows);
  }
  return found;
}
