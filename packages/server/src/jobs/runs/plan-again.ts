import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { deleteFiles } from '../../db/queries/files-delete.ts';
import { attemptsWith, NOT_BEGUN, OF_ATTEMPT } from './attempts.ts';
import { resumedAttempt } from './lost-runs.ts';

/** Bound by what one statement may bind. */
const RUNS_AT_ONCE = 500;

/**
 * Makes runs that have ended wait for another attempt, inside a write; answers the digests of the outputs that this
 * replaces.
 */
export async function planAgain(
  queries: Queries,
  clock: Clock,
  jobId: string,
  numbers: readonly number[],
): Promise<string[]> {
  const unwanted: string[] = [];
  let bytes = 0;
  for (let start = 0; start < numbers.length; start += RUNS_AT_ONCE) {
    const part = numbers.slice(start, start + RUNS_AT_ONCE);
    const which = { outputsOf: jobId, runs: part, keepsSnapshots: true };
    unwanted.push(...(await deleteFiles(queries, which, clock.now())));
    bytes += await planPartAgain(queries, jobId, part);
    await letOthersRun();
  }
  await queries
    .updateTable('jobs')
    .set((expression) => ({ output_bytes: expression('output_bytes', '-', bytes) }))
    .where('id', '=', jobId)
    .execute();
  return unwanted;
}

/** Makes runs that were cut off wait to go on in their directories; what was collected of them stays listed. */
export async function planResumed(
  queries: Queries,
  jobId: string,
  numbers: readonly number[],
): Promise<void> {
  for (let start = 0; start < numbers.length; start += RUNS_AT_ONCE) {
    const runs = await queries
      .selectFrom('runs')
      .where('job_id', '=', jobId)
      .where('number', 'in', numbers.slice(start, start + RUNS_AT_ONCE))
      .select(['number', 'attempt', ...OF_ATTEMPT])
      .execute();
    for (const run of runs) {
      await queries
        .updateTable('runs')
        .set(resumedAttempt(run))
        .where('job_id', '=', jobId)
        .where('number', '=', run.number)
        .execute();
    }
    await letOthersRun();
  }
}

/** Answers how many bytes of outputs these runs had. */
async function planPartAgain(queries: Queries, jobId: string, numbers: readonly number[]): Promise<number> {
  const runs = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('number', 'in', numbers)
    .select(['number', 'output_bytes', ...OF_ATTEMPT])
    .execute();
  // The rows are there: as an insert that conflicts, one statement gives each its own list of attempts.
  await queries
    .insertInto('runs')
    .values(
      runs.map((run) => ({
        job_id: jobId,
        number: run.number,
        attempts: attemptsWith(run),
        skipped: '[]',
        output_count: 0,
        output_bytes: 0,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['job_id', 'number']).doUpdateSet((expression) => ({
        ...NOT_BEGUN,
        attempt: expression('runs.attempt', '+', 1),
        attempts: expression.ref('excluded.attempts'),
      })),
    )
    .execute();
  return runs.reduce((total, run) => total + run.output_bytes, 0);
}
