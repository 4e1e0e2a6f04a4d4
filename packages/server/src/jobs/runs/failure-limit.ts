/** `retryPolicy.maxFailedRuns`: how many runs may fail for good before the job is stopped. */
import type { Failure } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import type { StoredDefinition } from '../definition/stored.ts';

type Policy = Pick<StoredDefinition, 'retryPolicy'>;

/**
 * Whether as many runs have failed as the policy allows, by what their rows say inside this write. `unsuccessful` is
 * how many did not succeed: those that were stopped or whose time was up are among them, but have not failed.
 */
export async function isFailureLimit(
  queries: Queries,
  jobId: string,
  { retryPolicy }: Policy,
  unsuccessful: number,
): Promise<boolean> {
  const limit = retryPolicy?.maxFailedRuns ?? null;
  if (limit === null || unsuccessful < limit) {
    return false;
  }
  const { failed } = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('outcome', '=', 'failed')
    .select(({ fn }) => fn.countAll<number>().as('failed'))
    .executeTakeFirstOrThrow();
  return failed >= limit;
}

/** Why a job was stopped whose policy allows no more failures; `last` is that of the run that was one too many. */
export function tooManyFailures({ retryPolicy }: Policy, last: Failure | null): Failure {
  const limit = retryPolicy!.maxFailedRuns!;
  return {
    code: 'too_many_failures',
    message: `${limit} ${limit === 1 ? 'run has' : 'runs have'} failed, as many as retryPolicy.maxFailedRuns allows: the job was stopped. The last one: ${last?.message ?? 'it failed.'}`,
    hint: `${last?.hint ?? ''} Rerun the failed runs when the cause is mended (POST jobs/{id}/runs/rerun/).`.trim(),
  };
}
