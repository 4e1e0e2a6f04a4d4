import { RUN_TYPE } from '@quarry/contract';
import { sql } from 'kysely';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';

const find = prepared(['jobId'], (queries, { jobId }) =>
  queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    // Literally, not as parameters: so they are the conditions of the index over these runs.
    .where('stop_requested', '=', sql.lit(1))
    .where('outcome', 'is', null)
    // A stop of the optimization is for whoever plans its iterations.
    .where('type', '!=', RUN_TYPE.optimization)
    .select(['number', 'attempt']),
);

/** Runs of a job that somebody wants to stop alone. */
export function findStoppingRuns(queries: Queries, jobId: string) {
  return find(queries, { jobId });
}

/** How many runs of a job an agent has got and not ended. */
export async function countGivenRuns(queries: Queries, jobId: string): Promise<number> {
  const { count } = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('batch', '>', 0)
    .where('outcome', 'is', null)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}
