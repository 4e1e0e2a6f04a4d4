/** The results of a sweep by columns, as all parts of its page look at them. A row is a place in the table, not a number of a run. */
import type { ResultsTable } from '@quarry/sdk';
import type { JobState } from '../../api/job-state.ts';

export interface SweepColumn {
  name: string;
  kind: 'run' | 'input' | 'output';
  /** A value for each row, NaN where there is none; of a column of texts the place in `categories`. */
  values: Float64Array;
  /** Its different texts, sorted; null of a column of numbers. */
  categories: readonly string[] | null;
  /** Ends of the values that there are; NaN when there is none. */
  min: number;
  max: number;
  /** Whether at least two rows have different values, or one has none where another has. */
  isDiffering: boolean;
  /** Rows without a value. */
  missing: number;
}

export interface Sweep {
  columns: readonly SweepColumn[];
  byName: ReadonlyMap<string, SweepColumn>;
  /** Rows. */
  count: number;
  /** The number of the run of each row. */
  runs: Int32Array;
  states: readonly JobState[];
  /** The row of a run. */
  rowOf: ReadonlyMap<number, number>;
  /** The row that the server calls optimal; null where there is none. */
  optimalRow: number | null;
}

const STATE_OF_OUTCOME: Readonly<Record<string, JobState>> = {
  success: 'succeeded',
  failed: 'failed',
  stopped: 'stopped',
  walltime_exceeded: 'out-of-time',
};

export function toSweep({ columns, rows }: ResultsTable): Sweep {
  const found = columns.map((column, place) =>
    column.type === 'text' ? textColumn(column, rows, place) : numberColumn(column, rows, place),
  );
  const place = (name: string) =>
    columns.findIndex((column) => column.name === name && column.kind === 'run');
  const [run, outcome, started, optimal] = ['run', 'outcome', 'dateStarted', 'isOptimal'].map(place);
  const runs = Int32Array.from(rows, (row, index) => Number(row[run!] ?? index + 1));
  const optimalRow = optimal === -1 ? -1 : rows.findIndex((row) => row[optimal!] === true);
  return {
    columns: found,
    byName: new Map(found.map((column) => [column.name, column])),
    count: rows.length,
    runs,
    states: rows.map((row) => stateOf(row[outcome!] ?? null, row[started!] ?? null)),
    rowOf: new Map(Array.from(runs, (number, row) => [number, row])),
    optimalRow: optimalRow === -1 ? null : optimalRow,
  };
}

/** Columns that a picture of the sweep is about: what runs were given and what they printed. */
export function subjects(sweep: Sweep): SweepColumn[] {
  return sweep.columns.filter(({ kind }) => kind !== 'run');
}

export function outputs(sweep: Sweep): SweepColumn[] {
  return sweep.columns.filter(({ kind }) => kind === 'output');
}

type Cell = ResultsTable['rows'][number][number];
type WireColumn = ResultsTable['columns'][number];

function stateOf(outcome: Cell, started: Cell): JobState {
  if (outcome === null) {
    return started === null ? 'waiting' : 'running';
  }
  return STATE_OF_OUTCOME[String(outcome)] ?? 'failed';
}

function numberColumn({ name, kind }: WireColumn, rows: ResultsTable['rows'], place: number): SweepColumn {
  const values = Float64Array.from(rows, (row) => {
    const cell = row[place];
    return cell === null || cell === undefined ? Number.NaN : Number(cell);
  });
  return { name, kind, values, categories: null, ...summarize(values) };
}

function textColumn({ name, kind }: WireColumn, rows: ResultsTable['rows'], place: number): SweepColumn {
  const texts = new Set<string>();
  for (const row of rows) {
    if (typeof row[place] === 'string') {
      texts.add(row[place]);
    }
  }
  const categories = [...texts].sort();
  const codes = new Map(categories.map((text, code) => [text, code]));
  const values = Float64Array.from(rows, (row) => codes.get(row[place] as string) ?? Number.NaN);
  return { name, kind, values, categories, ...summarize(values) };
}

function summarize(values: Float64Array): Pick<SweepColumn, 'min' | 'max' | 'isDiffering' | 'missing'> {
  let [min, max, missing] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    if (Number.isNaN(value)) {
      missing += 1;
    } else {
      min = Math.min(value, min);
      max = Math.max(value, max);
    }
  }
  const isEmpty = missing === values.length;
  return {
    min: isEmpty ? Number.NaN : min,
    max: isEmpty ? Number.NaN : max,
    isDiffering: !isEmpty && (min < max || missing > 0),
    missing,
  };
}
