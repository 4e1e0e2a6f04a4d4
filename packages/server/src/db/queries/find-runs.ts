import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { RUN_TYPE } from '@quarry/contract';
import type { Selectable } from 'kysely';
import type { Caller } from '../../access/caller.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { ListSource } from '../list-source.ts';
import type { RunRow } from '../tables.ts';
import { findJob } from './find-job.ts';

/** The numbers of all runs of a job, planned ones included, in order; a restarted job may have gaps among them. */
export function numbersOf(queries: Queries, jobId: string): ListSource<number> {
  const runs = queries.selectFrom('runs').where('job_id', '=', jobId);
  return {
    async count() {
      const { count } = await runs
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async rows({ limit, offset, after }) {
      const rows = await runs
        .where('number', '>', Number(after) || 0)
        .orderBy('number')
        .limit(limit)
        .offset(after === null ? offset : 0)
        .select('number')
        .execute();
      return rows.map(({ number }) => number);
    },
    keyOf: String,
  };
}

/** So few that others wait for no more than a moment, also when each has thousands of outputs. */
const ROWS_AT_ONCE = 25;

/** Runs of a job by their numbers and in their order, some at a time with a pause between. */
export async function* readRuns(
  queries: Queries,
  { jobId, numbers }: { jobId: string; numbers: readonly number[] },
): AsyncGenerator<Selectable<RunRow>[]> {
  for (let start = 0; start < numbers.length; start += ROWS_AT_ONCE) {
    const some = numbers.slice(start, start + ROWS_AT_ONCE);
    const rows = await queries
      .selectFrom('runs')
      .where('job_id', '=', jobId)
      .where('number', 'in', some)
      .selectAll()
      .execute();
    const byNumber = new Map(rows.map((row) => [row.number, row]));
    yield some.flatMap((number) => byNumber.get(number) ?? []);
    await letOthersRun();
  }
}

/** One run of a job with the directory of its cluster; refuses with 404 when there is none. */
export async function findRun(queries: Queries, jobId: string, runId: string) {
  const row = /^[1-9]\d{0,8}$/.test(runId)
    ? await queries
        .selectFrom('runs')
        .innerJoin('jobs', 'jobs.id', 'runs.job_id')
        .leftJoin('clusters', 'clusters.id', 'jobs.cluster_id')
        .where('runs.job_id', '=', jobId)
        .where('runs.number', '=', Number(runId))
        .selectAll('runs')
        .select([
          'jobs.is_sweep',
          'clusters.id as cluster_id',
          'clusters.directory as cluster_directory',
          'clusters.shares_files',
        ])
        .executeTakeFirst()
    : undefined;
  if (!row) {
    throw notFound(`The job has no run "${runId}".`);
  }
  return row;
}

/** A run of a job, with the directories in which its files are looked for while they are written. */
export interface RunNow {
  jobId: string;
  isOfSweep: boolean;
  run: Awaited<ReturnType<typeof findRun>>;
  /** Null before the run executes, and once it has ended, unless it was cut off and its directory is kept. */
  place: RunPlace | null;
}

/** The directory of a run, and that of the cluster which executes the run, where it does. */
export interface RunPlace {
  directory: string;
  executedIn: string | null;
  /** The cluster whose agent is to be asked for what lies there, and which run; null where this server sees it itself. */
  asked: { clusterId: string; number: number; attempt: number } | null;
}

/**
 * Refuses with 404 when there is no such run. One that waits for another attempt has no place, although the directory of
 * the attempt before may still be there.
 */
export async function findRunNow(
  queries: Queries,
  caller: Caller,
  jobId: string,
  runId: string,
): Promise<RunNow> {
  const job = await findJob(queries, caller, jobId);
  return lookAtRun(queries, job.id, runId);
}

/** The same for nobody in particular. */
export async function lookAtRun(queries: Queries, jobId: string, runId: string): Promise<RunNow> {
  const run = await findRun(queries, jobId, runId);
  return { jobId, isOfSweep: run.is_sweep === 1, run, place: placeOf(run) };
}

function placeOf(run: Awaited<ReturnType<typeof findRun>>): RunPlace | null {
  const { directory, cluster_directory: executedIn, number, attempt } = run;
  // Once a run has ended its agent is gone, and with it whoever could be asked.
  const isAsked = run.shares_files === 0 && run.cluster_id !== null;
  if (isAsked && run.outcome !== null) {
    return null;
  }
  const asked = isAsked ? { clusterId: run.cluster_id!, number, attempt } : null;
  if (directory !== null) {
    return { directory, executedIn, asked };
  }
  if (
    run.outcome !== null ||
    run.batch === null ||
    executedIn === null ||
    run.type === RUN_TYPE.optimization
  ) {
    return null;
  }
  return { directory: join(executedIn, 'runs', String(number)), executedIn, asked };
}
