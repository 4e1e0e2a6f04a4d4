/**
 * The agent of a cluster is gone before its job has ended. What it was executing is lost, and executed again
 * where the job's retry policy says so; what it never got goes to another cluster, provided that this agent had
 * come as far as to execute something: one that dies at once would die for ever.
 */
import type { Failure } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { newId } from '../ids.ts';
import type { StoredDefinition } from './definition/definition.ts';
import { type ClusterSite, insertCluster } from './new-cluster.ts';
import { anotherAttempt, mayRetry } from './runs/attempts.ts';
import { isFailureLimit, tooManyFailures } from './runs/failure-limit.ts';
import { stopUndelivered } from './runs/stop-undelivered.ts';
import { type Applied, openLife } from './store.ts';

const ROWS_AT_ONCE = 500;

/**
 * Settles the runs of a job whose agent is gone and moves the job on, inside a write. Does nothing when the cluster of
 * that agent is no longer the job's.
 */
export async function loseAgent(
  queries: Queries,
  clock: Clock,
  site: ClusterSite,
  { jobId, clusterId }: { jobId: string; clusterId: string },
  failure: Failure,
): Promise<Applied> {
  const life = await openLife(queries, clock, jobId);
  if (life.clusterId !== clusterId) return life.save();
  const { state } = life;
  const executing = state.phase === 'executing' && !state.stop;
  const definition = await findDefinition(queries, jobId);
  const failed = executing ? await settleOpenRuns(queries, clock, jobId, definition, failure) : 0;
  const unsuccessful = state.runsFailed + failed;
  const isOver = failed > 0 && (await isFailureLimit(queries, jobId, definition, unsuccessful));
  const ending = isOver ? tooManyFailures(definition, failure) : failure;
  if (isOver) await stopUndelivered(queries, clock, jobId, { outcome: 'stopped', failure: ending });
  const again = executing && state.runsLeft > failed && !isOver;
  life.apply({ type: 'agent_lost', failure: ending, failed, again });
  const applied = await life.save();
  if (again) {
    const next = await insertCluster(queries, clock, site, jobId);
    await queries
      .insertInto('cluster_statuses')
      .values({
        id: newId(),
        cluster_id: next,
        status: 'Not Started',
        status_date: clock.now(),
        status_reason: null,
      })
      .execute();
  }
  return applied;
}

async function findDefinition(queries: Queries, jobId: string): Promise<StoredDefinition> {
  const { definition } = await queries
    .selectFrom('jobs')
    .where('id', '=', jobId)
    .select('definition')
    .executeTakeFirstOrThrow();
  return JSON.parse(definition) as StoredDefinition;
}

/** Gives the runs that died another attempt, or ends them; answers how many have failed for good. */
async function settleOpenRuns(
  queries: Queries,
  clock: Clock,
  jobId: string,
  { retryPolicy }: StoredDefinition,
  failure: Failure,
): Promise<number> {
  const end = { date_completed: clock.now(), outcome: 'failed', failure: JSON.stringify(failure) };
  let failed = 0;
  for (let after = 0; ; ) {
    const open = await queries
      .selectFrom('runs')
      .where('job_id', '=', jobId)
      .where('number', '>', after)
      .where('batch', 'is not', null)
      .where('outcome', 'is', null)
      .where('type', '!=', 1)
      .orderBy('number')
      .limit(ROWS_AT_ONCE)
      .selectAll()
      .execute();
    for (const run of open) {
      // A run that had not begun has lost nothing: the next agent gets the same attempt.
      const begun = run.date_started !== null;
      const retried = begun && mayRetry(retryPolicy, run, null);
      if (begun && !retried) failed += 1;
      await queries
        .updateTable('runs')
        .set(!begun ? { batch: null } : retried ? anotherAttempt({ ...run, ...end }) : end)
        .where('job_id', '=', jobId)
        .where('number', '=', run.number)
        .execute();
    }
    if (open.length < ROWS_AT_ONCE) return failed;
    after = open.at(-1)!.number;
  }
}
