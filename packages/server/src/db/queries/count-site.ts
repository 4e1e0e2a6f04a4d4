import { setImmediate as letOthersRun } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Queries } from '../database.ts';
import { countTasks } from './tasks.ts';

export interface SiteCounts {
  /** Jobs that have not ended, by the status that users see; null is one that was not submitted. */
  jobs: Array<{ status: string | null; count: number }>;
  /** Runs that no agent has got yet. */
  runsPlanned: number;
  /** Clusters that have been started and have not ended. */
  clusterIds: string[];
  files: number;
  /** Uploads that have not become a file. */
  uploadsOpen: number;
  /** Tasks that have not ended. */
  tasks: Array<{ state: string; count: number }>;
}

/** What is there now. Each question reads no more than what is under way. */
export async function countSite(queries: Queries): Promise<SiteCounts> {
  const jobs = await queries
    .selectFrom('jobs')
    .where('deleted_at', 'is', null)
    .where('is_completed', '=', 0)
    .groupBy('status')
    .select(({ fn }) => ['status', fn.countAll<number>().as('count')])
    .execute();
  const runs = await queries
    .selectFrom('runs')
    .where('batch', 'is', null)
    .where('outcome', 'is', null)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  const clusters = await queries
    .selectFrom('clusters')
    .where('is_ended', '=', 0)
    .where('handle', 'is not', null)
    .select('id')
    .execute();
  const files = await queries
    .selectFrom('file_counts')
    .select(({ fn }) => fn.sum<number | null>('files').as('count'))
    .executeTakeFirstOrThrow();
  const uploads = await queries
    .selectFrom('uploads')
    .where('file_id', 'is', null)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return {
    jobs: jobs.map(({ status, count }) => ({ status, count: Number(count) })),
    runsPlanned: Number(runs.count),
    clusterIds: clusters.map(({ id }) => id),
    files: Number(files.count ?? 0),
    uploadsOpen: Number(uploads.count),
    tasks: await countTasks(queries),
  };
}

export interface StoredBytes {
  blobs: number;
  bytes: number;
}

const ROWS_AT_ONCE = 1000;

/** Counts the contents of files, each once however many files have it; others are served in between. Null when the signal came. */
export async function countBlobs(queries: Queries, signal: AbortSignal): Promise<StoredBytes | null> {
  const sum = { blobs: 0, bytes: 0 };
  for (let last = ''; ; ) {
    const { rows } = await sql<{ count: number; bytes: number | null; last: string | null }>`
      SELECT count(*) FILTER (WHERE collected_at IS NULL) AS count,
        sum(size_bytes) FILTER (WHERE collected_at IS NULL) AS bytes, max(sha512) AS last FROM (
        SELECT sha512, size_bytes, collected_at FROM blobs WHERE sha512 > ${last} ORDER BY sha512 LIMIT ${ROWS_AT_ONCE}
      ) AS some`.execute(queries);
    const row = rows[0]!;
    if (row.last === null) {
      return sum;
    }
    sum.blobs += Number(row.count);
    sum.bytes += Number(row.bytes ?? 0);
    last = row.last;
    await letOthersRun();
    if (signal.aborted) {
      return null;
    }
  }
}
