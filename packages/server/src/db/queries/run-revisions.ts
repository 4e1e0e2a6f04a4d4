import { setImmediate as letOthersRun } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Queries } from '../database.ts';

/** How far the runs of a job have come: their latest change, and the last of their numbers; 0 without any. */
export interface Revision {
  revision: number;
  lastRun: number;
}

const NUMBERS_AT_ONCE = 5000;

export async function latestRevision(queries: Queries, jobId: string): Promise<Revision> {
  const runs = queries.selectFrom('runs').where('job_id', '=', jobId).limit(1);
  const changed = await runs
    .where('revision', '>', 0)
    .orderBy('revision', 'desc')
    .select('revision')
    .executeTakeFirst();
  const last = await runs.orderBy('number', 'desc').select('number').executeTakeFirst();
  return { revision: changed?.revision ?? 0, lastRun: last?.number ?? 0 };
}

/** Numbers of the runs that have changed since, or are new, in order. */
export async function runsSince(
  queries: Queries,
  jobId: string,
  { revision, lastRun }: Revision,
): Promise<number[]> {
  const runs = queries.selectFrom('runs').where('job_id', '=', jobId).limit(NUMBERS_AT_ONCE);
  const numbers = new Set<number>();
  for (let at = { revision, number: Number.MAX_SAFE_INTEGER }; ; ) {
    const rows = await runs
      .where('revision', '>', 0)
      .where(sql<boolean>`(revision, number) > (${at.revision}, ${at.number})`)
      .orderBy('revision')
      .orderBy('number')
      .select(['revision', 'number'])
      .execute();
    for (const { number } of rows) {
      numbers.add(number);
    }
    if (rows.length < NUMBERS_AT_ONCE) {
      break;
    }
    at = rows.at(-1)!;
    await letOthersRun();
  }
  for (let at = lastRun; ; ) {
    const rows = await runs.where('number', '>', at).orderBy('number').select('number').execute();
    for (const { number } of rows) {
      numbers.add(number);
    }
    if (rows.length < NUMBERS_AT_ONCE) {
      break;
    }
    at = rows.at(-1)!.number;
    await letOthersRun();
  }
  return [...numbers].sort((one, other) => one - other);
}
