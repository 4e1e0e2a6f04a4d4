import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { ListSource } from '../list-source.ts';
import type { RunUsageRow } from '../tables.ts';

/** The series of some runs of a job. */
export function findUsage(
  queries: Queries,
  jobId: string,
  numbers: readonly number[],
): Promise<RunUsageRow[]> {
  return queries
    .selectFrom('run_usage')
    .where('job_id', '=', jobId)
    .where('number', 'in', numbers)
    .selectAll()
    .execute();
}

/** The attempts that some runs of a job are at. */
export async function findAttempts(
  queries: Queries,
  jobId: string,
  numbers: readonly number[],
): Promise<Map<number, number>> {
  const rows = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('number', 'in', numbers)
    .select(['number', 'attempt'])
    .execute();
  return new Map(rows.map(({ number, attempt }) => [number, attempt]));
}

export async function writeUsage(queries: Queries, row: RunUsageRow): Promise<void> {
  const { job_id: _job, number: _number, ...changing } = row;
  await queries
    .insertInto('run_usage')
    .values(row)
    .onConflict((conflict) => conflict.columns(['job_id', 'number']).doUpdateSet(changing))
    .execute();
}

export async function deleteUsage(queries: Queries, jobId: string): Promise<void> {
  await queries.deleteFrom('run_usage').where('job_id', '=', jobId).execute();
}

/** So few that others wait for no more than a moment: each has some kilobytes of points. */
const SERIES_AT_ONCE = 50;

/** The series of all runs of a job, some at a time. */
export async function* readUsage(queries: Queries, jobId: string): AsyncGenerator<RunUsageRow[]> {
  for (let after = 0; ; ) {
    const rows = await queries
      .selectFrom('run_usage')
      .where('job_id', '=', jobId)
      .where('number', '>', after)
      .orderBy('number')
      .limit(SERIES_AT_ONCE)
      .selectAll()
      .execute();
    if (rows.length === 0) {
      return;
    }
    yield rows;
    after = rows.at(-1)!.number;
  }
}

/** What runs of a job use now or, where they have ended, did last; in order of their numbers. */
export function listLatestUsage(
  queries: Queries,
  jobId: string,
  { isExecuting }: { isExecuting?: boolean | undefined },
): ListSource<LatestRow> {
  const all = queries
    .selectFrom('run_usage')
    .innerJoin('runs', (join) =>
      join.onRef('runs.job_id', '=', 'run_usage.job_id').onRef('runs.number', '=', 'run_usage.number'),
    )
    .where('run_usage.job_id', '=', jobId);
  const chosen =
    isExecuting === undefined
      ? all
      : isExecuting
        ? all.where('runs.outcome', 'is', null).whereRef('runs.attempt', '=', 'run_usage.attempt')
        : all.where(({ or, eb, ref }) =>
            or([eb('runs.outcome', 'is not', null), eb('runs.attempt', '!=', ref('run_usage.attempt'))]),
          );
  return {
    async count() {
      const { count } = await chosen
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows({ limit, offset, after }) {
      const page = after === null ? chosen : chosen.where('run_usage.number', '>', Number(after) || 0);
      return page
        .orderBy('run_usage.number')
        .limit(limit)
        .offset(offset)
        .select(['run_usage.number', 'run_usage.attempt', 'run_usage.latest'])
        .select(['runs.outcome', 'runs.attempt as current_attempt'])
        .execute();
    },
    keyOf: ({ number }) => String(number),
  };
}

export interface LatestRow {
  number: number;
  attempt: number;
  latest: string;
  outcome: string | null;
  current_attempt: number;
}

/** The series of one run, null while there is none; refuses with 404 when there is no such run. */
export async function findRunUsage(
  queries: Queries,
  jobId: string,
  runId: string,
): Promise<RunUsageRow | { attempt: number; points: null }> {
  const number = /^[1-9]\d{0,8}$/.test(runId) ? Number(runId) : 0;
  const attempt = (await findAttempts(queries, jobId, [number])).get(number);
  if (attempt === undefined) {
    throw notFound(`The job has no run "${runId}".`);
  }
  const [row] = await findUsage(queries, jobId, [number]);
  return row ?? { attempt, points: null };
}
