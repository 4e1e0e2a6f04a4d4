/**
 * The agent of a cluster is gone before its job has ended, and its journal has told the end of what it was executing.
 * What it never got, and what it had got and not begun, goes to another cluster, provided that this agent had come as far
 * as to execute something: one that dies at once would die for ever. A run that it had begun and that nobody could
 * collect has failed, unless the job's retry policy gives it another attempt; its directory is kept all the same.
 */
import { existsSync } from 'node:fs';
import { type Failure, RUN_TYPE, type RunOutcome } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { NO_DIRECTORY } from '../../db/queries/kept-directories.ts';
import { newId } from '../../ids.ts';
import { readDefinition, type StoredDefinition } from '../definition/stored.ts';
import { anotherAttempt, type StoredRun } from '../runs/attempts.ts';
import { isFailureLimit, tooManyFailures } from '../runs/failure-limit.ts';
import { afterLoss, keptDirectory, lostFailure, resumedAttempt, stillResumable } from '../runs/lost-runs.ts';
import { runDirectory } from '../runs/run-directory.ts';
import { stopUndelivered } from '../runs/stop-undelivered.ts';
import { besideKept, type ClusterSite, insertCluster } from './new-cluster.ts';
import { type Applied, openLife } from './store.ts';

const ROWS_AT_ONCE = 500;

/**
 * Ends the runs of a job whose agent is gone, or gives them another attempt, and moves the job on, inside a write. Does nothing when the cluster of
 * that agent is no longer the job's.
 */
export async function loseAgent(
  queries: Queries,
  clock: Clock,
  site: ClusterSite,
  cluster: { jobId: string; clusterId: string; directory: string; sharesFiles: number },
  failure: Failure,
): Promise<{ applied: Applied; discarded: string[] }> {
  const { jobId, clusterId } = cluster;
  const life = await openLife(queries, clock, jobId);
  const discarded: string[] = [];
  if (life.clusterId !== clusterId) {
    return { applied: await life.save(), discarded };
  }
  const { state } = life;
  const executing = state.phase === 'executing' && !state.stop;
  const definition = await findDefinition(queries, jobId);
  const loss: Loss = {
    queries,
    clock,
    site,
    cluster,
    failure,
    policy: state.stop ? null : definition.retryPolicy,
    outcome: state.stop ? (state.ending?.outcome ?? 'stopped') : 'failed',
  };
  const ended = state.phase === 'executing' ? await endOpenRuns(loss, discarded) : NOTHING;
  const failed = executing ? ended.failed : 0;
  const unsuccessful = state.runsFailed + failed;
  const isOver = failed > 0 && (await isFailureLimit(queries, jobId, definition, unsuccessful));
  const resumes = await isResuming(queries, jobId);
  const last = ended.failure ?? (resumes ? stillResumable(failure, jobId) : failure);
  const ending = isOver ? tooManyFailures(definition, last) : last;
  if (isOver) {
    await stopUndelivered(queries, clock, jobId, { outcome: 'stopped', failure: ending });
  }
  const again = executing && state.runsLeft > failed && !isOver;
  life.apply({ type: 'agent_lost', failure: ending, failed, again });
  const applied = await life.save();
  if (again) {
    const next = await insertCluster(queries, clock, resumes ? besideKept(site) : site, jobId);
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
  return { applied, discarded };
}

async function findDefinition(queries: Queries, jobId: string): Promise<StoredDefinition> {
  const { definition } = await queries
    .selectFrom('jobs')
    .where('id', '=', jobId)
    .select('definition')
    .executeTakeFirstOrThrow();
  return readDefinition(definition);
}

/** Whether a run that is left was to go on in its directory. */
async function isResuming(queries: Queries, jobId: string): Promise<boolean> {
  const run = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('outcome', 'is', null)
    .where('directory', 'is not', null)
    .select('number')
    .limit(1)
    .executeTakeFirst();
  return run !== undefined;
}

interface Loss {
  queries: Queries;
  clock: Clock;
  site: ClusterSite;
  cluster: { jobId: string; directory: string; sharesFiles: number };
  failure: Failure;
  /** Null where no run may get another attempt. */
  policy: StoredDefinition['retryPolicy'];
  /** Of runs that get none. */
  outcome: RunOutcome;
}

const NOTHING: { failed: number; failure: Failure | null } = { failed: 0, failure: null };

/**
 * Gives the runs that died another attempt, or ends them; answers how many have failed for good, and why the first.
 * Directories in which nothing is left to resume are added to `discarded`.
 */
async function endOpenRuns(loss: Loss, discarded: string[]): Promise<typeof NOTHING> {
  const { queries, cluster } = loss;
  const ended = { ...NOTHING };
  for (let after = 0; ; ) {
    const open = await queries
      .selectFrom('runs')
      .where('job_id', '=', cluster.jobId)
      .where('number', '>', after)
      .where('batch', 'is not', null)
      .where('outcome', 'is', null)
      .where('type', '!=', RUN_TYPE.optimization)
      .orderBy('number')
      .limit(ROWS_AT_ONCE)
      .selectAll()
      .execute();
    for (const run of open) {
      const { columns, failure, directory } = endOf(run, loss);
      if (failure) {
        ended.failed += 1;
      }
      ended.failure ??= failure;
      if (directory !== null) {
        discarded.push(directory);
      }
      await queries
        .updateTable('runs')
        .set(columns)
        .where('job_id', '=', cluster.jobId)
        .where('number', '=', run.number)
        .execute();
    }
    if (open.length < ROWS_AT_ONCE) {
      return ended;
    }
    after = open.at(-1)!.number;
  }
}

interface EndOfRun {
  columns: Partial<StoredRun>;
  /** Of one that has failed for good. */
  failure: Failure | null;
  /** In which nothing is left to resume. */
  directory: string | null;
}

function endOf(run: StoredRun, { clock, site, cluster, failure, policy, outcome }: Loss): EndOfRun {
  // A run that had not begun has lost nothing: the next agent gets the same attempt.
  if (run.date_started === null) {
    return { columns: { batch: null }, failure: null, directory: null };
  }
  const now = clock.now();
  const directory = run.directory ?? runDirectory(cluster.directory, run.number);
  const { lostRunDays } = site;
  const left = keptDirectory(directory, { sizeBytes: run.directory_bytes, now, lostRunDays });
  const isThere = cluster.sharesFiles === 1 && existsSync(directory);
  const kept = lostRunDays > 0 && isThere ? left : NO_DIRECTORY;
  const said = lostFailure(failure, {
    jobId: cluster.jobId,
    expiresAt: kept.directory_expires_at,
    isCollected: false,
    left: 0,
  });
  const end = { date_completed: now, outcome, failure: JSON.stringify(said) };
  const next = afterLoss(policy, run, failure.code);
  if (next === 'fail') {
    return { columns: { ...end, ...kept }, failure: said, directory: null };
  }
  return next === 'resume' && cluster.sharesFiles === 1
    ? { columns: { ...resumedAttempt({ ...run, ...end }), ...left }, failure: null, directory: null }
    : { columns: anotherAttempt({ ...run, ...end }), failure: null, directory: run.directory };
}
