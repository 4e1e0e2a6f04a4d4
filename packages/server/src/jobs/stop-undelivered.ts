import type { Failure, RunOutcome } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';

/** How a run ends that is stopped before an agent has got it. */
export const STOPPED_WAITING: Failure = {
  code: 'stopped_by_user',
  message: 'The run was stopped on request before it began.',
  hint: 'Execute it after all with POST jobs/{id}/runs/rerun/, or quarry runs rerun.',
};

/** Ends the runs of a job that no agent has got, and answers how many they were. */
export async function stopUndelivered(
  queries: Queries,
  clock: Clock,
  jobId: string,
  end: { outcome: RunOutcome; failure: Failure | null } = {
    outcome: 'stopped',
    failure: STOPPED_WAITING,
  },
): Promise<number> {
  const result = await queries
    .updateTable('runs')
    .set({
      outcome: end.outcome,
      failure: end.failure && JSON.stringify(end.failure),
      date_completed: clock.now(),
    })
    .where('job_id', '=', jobId)
    .where('batch', 'is', null)
    .where('outcome', 'is', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
