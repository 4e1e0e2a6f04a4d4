import type { Failure, RunOutcome } from '@quarry/contract';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';

/** Ends a run that no agent has got. */
export async function endWaitingRun(
  queries: Queries,
  jobId: string,
  number: number,
  { outcome, failure, at }: { outcome: RunOutcome; failure: Failure; at: Instant },
): Promise<void> {
  await queries
    .updateTable('runs')
    .set({ outcome, failure: JSON.stringify(failure), date_completed: at })
    .where('job_id', '=', jobId)
    .where('number', '=', number)
    .execute();
}

/** Marks a run that an agent has got as one that somebody wants to stop. */
export async function markStopRequested(queries: Queries, jobId: string, number: number): Promise<void> {
  await queries
    .updateTable('runs')
    .set({ stop_requested: 1 })
    .where('job_id', '=', jobId)
    .where('number', '=', number)
    .execute();
}
