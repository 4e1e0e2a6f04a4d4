/**
 * The runs of a sweep as a table. It is read twice: once to learn which columns there are, once to write the rows;
 * so a million runs need no more memory than a few.
 */
import type { ResultsTable, RunUsage } from '@quarry/contract';
import { LIMITS } from '../../limits.ts';
import { numberOf } from './number-of.ts';
import { inputsOf, outputsOf, type ReadRuns, surveyRuns } from './survey.ts';
import type { SweepRun } from './sweep-run.ts';

export type Cell = ResultsTable['rows'][number][number];
type WireColumn = ResultsTable['columns'][number];

/** A column, and what it holds more exactly than the wire says; dates are ISO texts. */
export interface TableColumn extends WireColumn {
  holds: 'integer' | 'double' | 'text' | 'boolean' | 'date';
}

export interface SweepTable {
  columns: TableColumn[];
  /** What a reader might not expect of the columns. */
  warnings: string[];
  /** Whether the rows could not be put into the table that they were meant for: an input is a text now, or a name is another's. */
  isAnother: boolean;
  /** The rows as they were when the columns were found, some at a time; cells in the order of the columns. */
  rows(): AsyncGenerator<Cell[][]>;
}

export interface TableOptions {
  /** Names of the input variables, in the order of a run's `inputs`. */
  inputs: readonly string[];
  /** Whether runs are marked as optimal. */
  hasOptimum: boolean;
  /** Which inputs a table has as numbers that these rows are to be put into; by what they hold when absent. */
  numeric?: readonly boolean[];
}

interface RunColumn {
  name: string;
  holds: TableColumn['holds'];
  cell(row: SweepRun, usage: RunUsage | null): Cell;
}

const RUN_COLUMNS: readonly RunColumn[] = [
  { name: 'run', holds: 'integer', cell: ({ number }) => number },
  { name: 'outcome', holds: 'text', cell: ({ outcome }) => outcome },
  { name: 'exitCode', holds: 'integer', cell: ({ exit_code }) => exit_code },
  { name: 'dateStarted', holds: 'date', cell: ({ date_started }) => date_started },
  { name: 'dateCompleted', holds: 'date', cell: ({ date_completed }) => date_completed },
  { name: 'wallSeconds', holds: 'double', cell: (_row, usage) => usage?.wallSeconds ?? null },
  { name: 'cpuSeconds', holds: 'double', cell: (_row, usage) => usage?.cpuSeconds ?? null },
  { name: 'peakMemoryBytes', holds: 'integer', cell: (_row, usage) => usage?.peakMemoryBytes ?? null },
];
const OPTIMAL: RunColumn = { name: 'isOptimal', holds: 'boolean', cell: (row) => row.is_optimal === 1 };

/** Finds the columns of a sweep's table. Outputs come in the order in which the runs first print them. */
export async function readSweepTable(readRuns: ReadRuns, options: TableOptions): Promise<SweepTable> {
  const { hasOptimum, numeric } = options;
  const survey = await surveyRuns(readRuns, options.inputs);
  const { outputs, isCut, ended, runs } = survey;
  const inputs = survey.inputs.map((input, index) => ({
    name: input.name,
    isNumeric: numeric?.[index] ?? input.isNumeric,
  }));
  const runColumns = hasOptimum ? [...RUN_COLUMNS, OPTIMAL] : RUN_COLUMNS;
  const names = new Names(runColumns.map(({ name }) => name));
  const columns: TableColumn[] = [
    ...runColumns.map(({ name, holds }) => column(name, 'run', holds)),
    ...inputs.map(({ name, isNumeric }) =>
      column(names.take(name, 'input'), 'input', isNumeric ? 'double' : 'text'),
    ),
    ...[...outputs.keys()].map((name) => column(names.take(name, 'output'), 'output', 'double')),
  ];
  const warnings = [...names.changed];
  if (isCut) {
    warnings.push(
      `The runs print more than ${LIMITS.resultOutputs} different outputs; those named later are left out.`,
    );
  }

  const inputsAt = runColumns.length;
  const outputsAt = inputsAt + inputs.length;
  const toCells = (row: SweepRun): Cell[] => {
    const cells: Cell[] = new Array(columns.length).fill(null);
    // A run that has ended since is shown as it was, since its outputs may lack a column.
    const known = ended[row.number] ? row : { ...row, ...UNENDED };
    const usage = known.usage === null ? null : (JSON.parse(known.usage) as RunUsage);
    for (const [index, { cell }] of runColumns.entries()) {
      cells[index] = cell(known, usage);
    }
    for (const [index, text] of inputsOf(known).entries()) {
      if (index < inputs.length) {
        cells[inputsAt + index] = inputs[index]!.isNumeric ? numberOf(text) : text;
      }
    }
    for (const [name, value] of outputsOf(known)) {
      const output = outputs.get(name);
      if (output) {
        cells[outputsAt + output.place] = value;
      }
    }
    return cells;
  };
  return {
    columns,
    warnings,
    isAnother:
      numeric !== undefined &&
      ((runs > 0 && inputs.some(({ isNumeric }, index) => isNumeric && !survey.inputs[index]!.isNumeric)) ||
        [...outputs.keys()].some((name) => MADE_UNIQUE.test(name)) ||
        isCut),
    async *rows() {
      for await (const rows of readRuns()) {
        const known = rows.filter(({ number }) => ended[number] !== undefined);
        if (known.length > 0) {
          yield known.map(toCells);
        }
      }
    },
  };
}

/** Names as `Names` makes them: whose they are depends on which runs came first. */
const MADE_UNIQUE = / \(output(?: \d+)?\)$/;

const UNENDED = {
  outcome: null,
  exit_code: null,
  date_completed: null,
  is_optimal: 0,
  results: '[]',
  usage: null,
} as const;

function column(name: string, kind: WireColumn['kind'], holds: TableColumn['holds']): TableColumn {
  const type = holds === 'integer' || holds === 'double' ? 'number' : holds === 'date' ? 'text' : holds;
  return { name, kind, type, holds };
}

/** Gives every column a name of its own: what comes later makes way. */
class Names {
  readonly #taken: Set<string>;
  readonly changed: string[] = [];

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken);
  }

  take(name: string, kind: string): string {
    let own = name;
    for (let count = 1; this.#taken.has(own); count++) {
      own = count === 1 ? `${name} (${kind})` : `${name} (${kind} ${count})`;
    }
    this.#taken.add(own);
    if (own !== name) {
      this.changed.push(`The ${kind} "${name}" has the column "${own}", because "${name}" was taken.`);
    }
    return own;
  }
}
