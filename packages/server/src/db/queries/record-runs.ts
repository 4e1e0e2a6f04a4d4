import type { Selectable } from 'kysely';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { RunRow } from '../tables.ts';

type Run = Selectable<RunRow>;
type Course = Pick<Run, 'job_id' | 'number' | 'date_started' | 'collecting'>;
type End = Course &
  Pick<Run, 'date_completed' | 'outcome' | 'exit_code' | 'failure' | 'skipped' | 'skipped_count'> &
  Pick<Run, 'output_count' | 'output_bytes' | 'results' | 'usage' | 'is_unfinished'> &
  Pick<Run, 'directory' | 'directory_bytes' | 'directory_expires_at'>;

const find = prepared(['jobId', 'number'], (queries, { jobId, number }: { jobId: string; number: number }) =>
  queries.selectFrom('runs').where('job_id', '=', jobId).where('number', '=', number).selectAll(),
);

const course = prepared(
  ['job_id', 'number', 'date_started', 'collecting'],
  (queries, { job_id, number, ...columns }: Course) =>
    queries.updateTable('runs').set(columns).where('job_id', '=', job_id).where('number', '=', number),
);

const end = prepared(
  [
    'job_id',
    'number',
    'date_started',
    'collecting',
    'date_completed',
    'outcome',
    'exit_code',
    'failure',
    'skipped',
    'skipped_count',
    'output_count',
    'output_bytes',
    'results',
    'usage',
    'is_unfinished',
    'directory',
    'directory_bytes',
    'directory_expires_at',
  ],
  (queries, { job_id, number, ...columns }: End) =>
    queries.updateTable('runs').set(columns).where('job_id', '=', job_id).where('number', '=', number),
);

/** Runs of a job by their numbers; those that do not exist are left out. */
export async function findRunsByNumber(queries: Queries, jobId: string, numbers: Iterable<number>) {
  const runs = new Map<number, Run>();
  for (const number of numbers) {
    const [run] = await find(queries, { jobId, number });
    if (run) {
      runs.set(number, run);
    }
  }
  return runs;
}

/** Writes when a run has started, and how far it is since. */
export async function writeRunCourse(queries: Queries, run: Course): Promise<void> {
  await course(queries, run);
}

/** Writes how a run has ended, and when it had started. */
export async function writeRunEnd(queries: Queries, run: End): Promise<void> {
  await end(queries, run);
}
