/** What is typed over the table: comparisons such as `drag<0.3 model=sst`, numbers of runs, and parts of texts. */
import { readNumber } from './read-number.ts';
import type { Sweep, SweepColumn } from './sweep-table.ts';

type Test = (row: number) => boolean;

export interface Filter {
  tests: Test[];
  /** The first part that is not understood; null when all are. */
  unknown: string | null;
}

const COMPARISON = /^(.*?)(<=|>=|!=|<|>|=)(.*)$/;

export function compileFilter(sweep: Sweep, text: string): Filter {
  const parts = text
    .trim()
    .replaceAll(/\s*(<=|>=|!=|<|>|=)\s*/g, '$1')
    .split(/\s+/)
    .filter((part) => part !== '');
  const tests: Test[] = [];
  let unknown: string | null = null;
  for (const part of parts) {
    const test = compile(sweep, part);
    if (test === null) {
      unknown ??= part;
    } else {
      tests.push(test);
    }
  }
  return { tests, unknown };
}

function compile(sweep: Sweep, part: string): Test | null {
  const [, name = '', sign = '', wanted = ''] = COMPARISON.exec(part) ?? [];
  if (sign === '') {
    return contains(sweep, part.toLowerCase());
  }
  const column = findColumn(sweep, name);
  if (column === undefined || wanted === '') {
    return null;
  }
  if (column.categories !== null) {
    return compareTexts(column, sign, wanted.toLowerCase());
  }
  const number = readNumber(wanted);
  return number === null ? null : compareNumbers(column, sign, number);
}

/** By its name, else by its name in any case: `Drag` is typed for `drag`. */
function findColumn(sweep: Sweep, name: string): SweepColumn | undefined {
  const lower = name.toLowerCase();
  return sweep.byName.get(name) ?? sweep.columns.find((column) => column.name.toLowerCase() === lower);
}

function compareNumbers({ values }: SweepColumn, sign: string, number: number): Test | null {
  switch (sign) {
    case '<':
      return (row) => values[row]! < number;
    case '<=':
      return (row) => values[row]! <= number;
    case '>':
      return (row) => values[row]! > number;
    case '>=':
      return (row) => values[row]! >= number;
    case '=':
      return (row) => values[row]! === number;
    default:
      return (row) => values[row]! !== number;
  }
}

function compareTexts({ values, categories }: SweepColumn, sign: string, wanted: string): Test | null {
  const isIt = categories!.map((text) => text.toLowerCase() === wanted);
  switch (sign) {
    case '=':
      return (row) => isIt[values[row]!] === true;
    case '!=':
      return (row) => isIt[values[row]!] !== true;
    default:
      return null;
  }
}

/** The number of a run, or a part of any of its texts. */
function contains(sweep: Sweep, wanted: string): Test {
  const columns = sweep.columns
    .filter(({ categories, kind }) => categories !== null && kind !== 'run')
    .map(({ values, categories }) => ({
      values,
      has: categories!.map((text) => text.toLowerCase().includes(wanted)),
    }));
  const number = /^\d+$/.test(wanted) ? Number(wanted) : null;
  return (row) => sweep.runs[row] === number || columns.some(({ values, has }) => has[values[row]!] === true);
}
