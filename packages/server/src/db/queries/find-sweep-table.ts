import { RUN_TYPE } from '@quarry/contract';
import type { Selectable } from 'kysely';
import type { Queries } from '../database.ts';
import type { RunRow } from '../tables.ts';

const COLUMNS = [
  'number',
  'outcome',
  'exit_code',
  'date_started',
  'date_completed',
  'is_optimal',
  'inputs',
  'results',
  'usage',
] as const;

type SweepRunRow = Pick<Selectable<RunRow>, (typeof COLUMNS)[number]>;

/** So few that reading and working on them holds up nobody for long; of runs with very many outputs, fewer. */
const ROWS_AT_ONCE = 500;
const FIRST_ROWS = 20;
const CHARACTERS_AT_ONCE = 512 * 1024;

/**
 * The runs of a job in order, or those of these numbers alone, some at a time with a pause between; those that stand for
 * an optimization are left out.
 */
export async function* readSweepRuns(
  queries: Queries,
  jobId: string,
  numbers?: readonly number[],
): AsyncGenerator<SweepRunRow[]> {
  const runs = queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('type', '!=', RUN_TYPE.optimization)
    .orderBy('number')
    .select(COLUMNS);
  let [after, done, most] = [0, 0, FIRST_ROWS];
  while (numbers === undefined || done < numbers.length) {
    const some = numbers?.slice(done, done + most);
    const rows = await (some === undefined
      ? runs.where('number', '>', after).limit(most)
      : runs.where('number', 'in', some)
    ).execute();
    if (rows.length > 0) {
      yield rows;
      after = rows.at(-1)!.number;
    }
    done += most;
    if (numbers === undefined && rows.length < most) {
      return;
    }
    most = rows.length > 0 ? rowsLike(rows) : most;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** How many rows may come at once when they are as long as these. */
function rowsLike(rows: readonly SweepRunRow[]): number {
  const characters = rows.reduce((sum, { inputs, results }) => sum + inputs.length + results.length, 1);
  const fitting = Math.floor((CHARACTERS_AT_ONCE * rows.length) / characters);
  return Math.max(1, Math.min(ROWS_AT_ONCE, fitting));
}
