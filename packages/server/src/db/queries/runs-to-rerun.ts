import { type Failure, RUN_TYPE, type RunOutcome } from '@quarry/contract';
import type { Selectable } from 'kysely';
import type { Queries } from '../database.ts';
import type { RunRow } from '../tables.ts';

const NUMBERS_AT_ONCE = 500;

/** Runs that have ended otherwise than well; the one that stands for an optimization is never among them. */
function ofFailure(queries: Queries, jobId: string) {
  return queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('type', '!=', RUN_TYPE.optimization)
    .where('outcome', 'is not', null)
    .where('outcome', '!=', 'success');
}

/** Numbers of the runs that have ended otherwise than well, in order. */
export async function findFailedRuns(queries: Queries, jobId: string): Promise<number[]> {
  const rows = await ofFailure(queries, jobId).orderBy('number').select('number').execute();
  return rows.map(({ number }) => number);
}

/** Those of the named runs that there are. */
export async function findNamedRuns(queries: Queries, jobId: string, numbers: readonly number[]) {
  const found: Array<Pick<Selectable<RunRow>, 'number' | 'outcome' | 'type'>> = [];
  for (let start = 0; start < numbers.length; start += NUMBERS_AT_ONCE) {
    const rows = await queries
      .selectFrom('runs')
      .where('job_id', '=', jobId)
      .where('number', 'in', numbers.slice(start, start + NUMBERS_AT_ONCE))
      .select(['number', 'outcome', 'type'])
      .execute();
    found.push(...rows);
  }
  return found;
}

const WORST_FIRST: RunOutcome[] = ['stopped', 'walltime_exceeded', 'failed'];

/** What the runs that have ended have come to, and how many have not succeeded. */
export async function findVerdict(
  queries: Queries,
  jobId: string,
): Promise<{ failed: number; outcome: RunOutcome; failure: Failure | null }> {
  const ended = ofFailure(queries, jobId);
  const { failed } = await ended
    .select(({ fn }) => fn.countAll<number>().as('failed'))
    .executeTakeFirstOrThrow();
  for (const outcome of WORST_FIRST) {
    const first = await ended
      .where('outcome', '=', outcome)
      .orderBy('number')
      .select('failure')
      .executeTakeFirst();
    if (first) {
      const failure = first.failure === null ? null : (JSON.parse(first.failure) as Failure);
      return { failed: Number(failed), outcome, failure };
    }
  }
  return { failed: 0, outcome: 'success', failure: null };
}
