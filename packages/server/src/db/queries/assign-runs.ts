import type { Selectable } from 'kysely';
import type { Queries } from '../database.ts';
import type { RunRow } from '../tables.ts';
import { findCluster } from './find-cluster.ts';

const COLUMNS = ['number', 'attempt', 'inputs', 'directory', 'is_resumed'] as const;

/** What is to be known of a run to give it to an agent. */
export type RunToGive = Pick<Selectable<RunRow>, (typeof COLUMNS)[number]>;

/** Runs of a job that were given in later batches than `lastBatch` and have not ended. */
export function findGivenSince(queries: Queries, jobId: string, lastBatch: number): Promise<RunToGive[]> {
  return queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('batch', '>', lastBatch)
    .where('outcome', 'is', null)
    .orderBy('number')
    .select(COLUMNS)
    .execute();
}

/**
 * Numbers a new batch of runs that no agent has yet, inside a write, so that none is given twice. A cluster that has ended
 * since it was looked at is given none: they would never be executed.
 */
export async function assignBatch(
  queries: Queries,
  cluster: { id: string; job_id: string; batch: number },
  most: number,
): Promise<{ batch: number; runs: RunToGive[] }> {
  const now = await findCluster(queries, cluster.id);
  if (!now) {
    return { batch: cluster.batch, runs: [] };
  }
  const { batch } = now;
  const runs = await queries
    .selectFrom('runs')
    .where('job_id', '=', cluster.job_id)
    .where('batch', 'is', null)
    .where('outcome', 'is', null)
    .orderBy('number')
    .limit(most)
    .select(COLUMNS)
    .execute();
  if (runs.length === 0) {
    return { batch, runs };
  }
  await queries
    .updateTable('runs')
    .set({ batch: batch + 1 })
    .where('job_id', '=', cluster.job_id)
    .where(
      'number',
      'in',
      runs.map(({ number }) => number),
    )
    .execute();
  await queries
    .updateTable('clusters')
    .set({ batch: batch + 1 })
    .where('id', '=', cluster.id)
    .execute();
  return { batch: batch + 1, runs };
}
