import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Failure, RunOutcome } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { stillResumable } from './lost-runs.ts';

/** Bound by what others may wait for. */
const RUNS_AT_ONCE = 2000;

/** How a run ends that is stopped before an agent has got it. */
export const STOPPED_WAITING: Failure = {
  code: 'stopped_by_user',
  message: 'The run was stopped on request before it began.',
  hint: 'Execute it after all with POST jobs/{id}/runs/rerun/, or quarry runs rerun.',
};

/** Ends the runs of a job that no agent has got, letting others be served in between; answers how many they were. */
export async function stopUndelivered(
  queries: Queries,
  clock: Clock,
  jobId: string,
  end: { outcome: RunOutcome; failure: Failure | null } = {
    outcome: 'stopped',
    failure: STOPPED_WAITING,
  },
): Promise<number> {
  const columns = (failure: Failure | null) => ({
    outcome: end.outcome,
    failure: failure && JSON.stringify(failure),
    date_completed: clock.now(),
  });
  const resuming = await queries
    .updateTable('runs')
    .set(columns(end.failure && stillResumable(end.failure, jobId)))
    .where('job_id', '=', jobId)
    .where('directory', 'is not', null)
    .where('batch', 'is', null)
    .where('outcome', 'is', null)
    .executeTakeFirstOrThrow();
  let stopped = Number(resuming.numUpdatedRows);
  for (let after = 0; ; ) {
    const { first } = await queries
      .selectFrom('runs')
      .where('job_id', '=', jobId)
      .where('batch', 'is', null)
      .where('outcome', 'is', null)
      .where('number', '>', after)
      .select(({ fn }) => fn.min<number | null>('number').as('first'))
      .executeTakeFirstOrThrow();
    if (first === null) {
      return stopped;
    }
    after = first + RUNS_AT_ONCE - 1;
    const { numUpdatedRows } = await queries
      .updateTable('runs')
      .set(columns(end.failure))
      .where('job_id', '=', jobId)
      .where('batch', 'is', null)
      .where('outcome', 'is', null)
      .where('number', '>=', first)
      .where('number', '<=', after)
      .executeTakeFirstOrThrow();
    stopped += Number(numUpdatedRows);
    await letOthersRun();
  }
}
