import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { addToFileCount, countBy } from './files-insert.ts';
import { SNAPSHOT_TYPES } from './files-list.ts';
import { isNotOfRemovedJob } from './files-removed.ts';

/** Bound by what others may wait for. */
const RUNS_AT_ONCE = 200;

/** Marks all living outputs of a job as deleted, and lets others be served in between; answers as `deleteFiles`. */
export async function deleteOutputs(queries: Queries, jobId: string, now: Instant): Promise<string[]> {
  const { last } = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .select(({ fn }) => fn.max<number | null>('number').as('last'))
    .executeTakeFirstOrThrow();
  const digests = new Set<string>();
  for (let first = 1; first <= (last ?? 0); first += RUNS_AT_ONCE) {
    const runs = Array.from({ length: RUNS_AT_ONCE }, (_, index) => first + index);
    for (const digest of await deleteFiles(queries, { outputsOf: jobId, runs }, now)) {
      digests.add(digest);
    }
    await letOthersRun();
  }
  return [...digests];
}

/** Outputs of runs. */
export interface OutputsOf {
  outputsOf: string;
  runs: readonly number[];
  /** Archives of what the runs had while they executed stay, also when the outputs are replaced. */
  keepsSnapshots?: boolean;
}

/** Marks living files as deleted; answers the digests they pointed to, whose blobs may now be unwanted. */
export async function deleteFiles(
  queries: Queries,
  which: { ids: readonly string[] } | OutputsOf,
  now: Instant,
): Promise<string[]> {
  let update = queries.updateTable('files').set({ deleted_at: now }).where('deleted_at', 'is', null);
  if ('ids' in which) {
    // Those of a job that is being removed are counted no more, and go with it.
    update = update.where('id', 'in', which.ids).where(isNotOfRemovedJob);
  } else {
    update = update.where('job_id', '=', which.outputsOf).where('run_number', 'in', which.runs);
    if (which.keepsSnapshots) {
      update = update.where('type_id', 'not in', SNAPSHOT_TYPES);
    }
  }
  const rows = await update.returning(['owner_id', 'sha512']).execute();
  for (const [ownerId, count] of countBy(rows)) {
    await addToFileCount(queries, ownerId, -count);
  }
  return [...new Set(rows.map(({ sha512 }) => sha512))];
}
