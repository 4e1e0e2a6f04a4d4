import { type SqlBool, sql } from 'kysely';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';

/** Literally, not as a parameter: so it is the condition of the index over these runs. */
const hasSkipped = sql<SqlBool>`skipped_count > 0`;

const count = prepared(['jobId'], (queries, { jobId }) =>
  queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where(hasSkipped)
    .select(({ fn }) => [
      fn.countAll<number>().as('runs'),
      fn.sum<number | null>('skipped_count').as('outputs'),
    ]),
);

/** How much the runs of a job have left that could not be kept, with the first run that did; null when there is none. */
export async function findSkipped(queries: Queries, jobId: string) {
  const [counted] = await count(queries, { jobId });
  if (!counted || Number(counted.runs) === 0) {
    return null;
  }
  const first = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where(hasSkipped)
    .orderBy('number')
    .limit(1)
    .select(['number', 'skipped'])
    .executeTakeFirstOrThrow();
  return { runs: Number(counted.runs), outputs: Number(counted.outputs), first };
}
