/** What of some tables is drawn, as columns that share one axis. */
import type { Table } from './columns.ts';

/** The axis that counts the rows. */
export const ROW_NUMBER = '';

export interface DrawnFile {
  /** Null where there is only one. */
  name: string | null;
  table: Table;
  dateColumns: readonly number[];
}

export interface PlotChoice {
  /** Name of a column, or `ROW_NUMBER`. */
  x: string;
  ys: readonly string[];
  logX: boolean;
  logY: boolean;
  /** Points that are averaged; 1 for none. */
  smoothing: number;
}

export interface PlotLine {
  label: string;
  points: number;
  first: number;
  last: number;
  min: number;
  max: number;
}

type Values = Array<number | null | undefined>;

export interface Plot {
  x: Float64Array;
  /** For each line a value, null where it breaks, or undefined where only another file has something. */
  ys: readonly Values[];
  lines: readonly PlotLine[];
  isTime: boolean;
  /** Whether rows are counted though a column was chosen: its values go up and down. */
  isCounted: boolean;
  /** Values that a logarithmic axis cannot show. */
  hidden: number;
}

/** Names of the columns of all files that have numbers. */
export function columnNames(files: readonly DrawnFile[]): string[] {
  const names = new Set<string>();
  for (const { table } of files) {
    table.names.forEach((name, index) => {
      if (table.values[index]!.some((value) => !Number.isNaN(value))) {
        names.add(name);
      }
    });
  }
  return [...names];
}

export function toPlot(files: readonly DrawnFile[], choice: PlotChoice): Plot {
  const axes = files.map((file) => axisOf(file, choice));
  const isCounted = choice.x !== ROW_NUMBER && axes.some((axis) => axis === null);
  let hidden = 0;
  const tables = files.map(({ name, table }, index) => {
    const axis = isCounted ? countedAxis(table) : axes[index]!;
    const shown = choice.logX ? rowsAbove(axis, 0) : null;
    const lines = choice.ys.flatMap((column) => {
      const at = table.names.indexOf(column);
      if (at === -1) {
        return [];
      }
      const cleaned = toDrawn(pick(table.values[at]!, shown), choice.logY);
      hidden += cleaned.hidden;
      const label = name === null ? column : `${name}: ${column}`;
      return [{ label, values: smooth(cleaned.values, choice) }];
    });
    return { axis: pick(axis, shown), lines };
  });
  const x = mergeAxes(tables.map(({ axis }) => axis));
  const lines = tables.flatMap((table) => table.lines);
  const ys = tables.flatMap((table) => table.lines.map(({ values }) => spread(values, table.axis, x)));
  return {
    x,
    ys,
    lines: lines.map(describe),
    isTime:
      !isCounted &&
      files.every(({ table, dateColumns }) => dateColumns.includes(table.names.indexOf(choice.x))),
    isCounted,
    hidden,
  };
}

/** Null where the values of the column do not ascend, so that a line along them would go back. */
function axisOf({ table }: DrawnFile, { x }: PlotChoice): Float64Array | null {
  const values = table.values[table.names.indexOf(x)];
  if (x === ROW_NUMBER || values === undefined) {
    return countedAxis(table);
  }
  for (let row = 0; row < values.length; row++) {
    if (Number.isNaN(values[row]!) || (row > 0 && values[row]! < values[row - 1]!)) {
      return null;
    }
  }
  return values;
}

function countedAxis({ rows, rowsRead, stride }: Table): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) =>
    row === rows - 1 ? rowsRead : Math.min(row * stride + 1, rowsRead),
  );
}

function rowsAbove(axis: Float64Array, least: number): number[] {
  return [...axis.keys()].filter((row) => axis[row]! > least);
}

function pick(values: Float64Array, rows: readonly number[] | null): Float64Array {
  return rows === null ? values : Float64Array.from(rows, (row) => values[row]!);
}

function toDrawn(values: Float64Array, isLog: boolean): { values: Array<number | null>; hidden: number } {
  let hidden = 0;
  const drawn = Array.from(values, (value) => {
    if (Number.isNaN(value)) {
      return null;
    }
    if (isLog && value <= 0) {
      hidden++;
      return null;
    }
    return value;
  });
  return { values: drawn, hidden };
}

/** The average of the points around each one; on a logarithmic axis that of their logarithms. */
function smooth(
  values: Array<number | null>,
  { smoothing, logY }: Pick<PlotChoice, 'smoothing' | 'logY'>,
): Array<number | null> {
  if (smoothing <= 1) {
    return values;
  }
  const sums = new Float64Array(values.length + 1);
  const counts = new Uint32Array(values.length + 1);
  values.forEach((value, index) => {
    sums[index + 1] = sums[index]! + (value === null ? 0 : logY ? Math.log(value) : value);
    counts[index + 1] = counts[index]! + (value === null ? 0 : 1);
  });
  const before = Math.floor(smoothing / 2);
  return values.map((value, index) => {
    if (value === null) {
      return null;
    }
    // Equally many on both sides, so that a line does not lag at its ends.
    const reach = Math.min(before, index, values.length - 1 - index);
    const count = counts[index + reach + 1]! - counts[index - reach]!;
    const mean = (sums[index + reach + 1]! - sums[index - reach]!) / count;
    return logY ? Math.exp(mean) : mean;
  });
}

/** All places of all axes, in order, each as often as the axis that has it most often. */
function mergeAxes(axes: readonly Float64Array[]): Float64Array {
  if (axes.length === 1) {
    return axes[0]!;
  }
  const merged: number[] = [];
  const at = axes.map(() => 0);
  while (true) {
    let next = Number.POSITIVE_INFINITY;
    axes.forEach((axis, index) => {
      next = Math.min(next, axis[at[index]!] ?? Number.POSITIVE_INFINITY);
    });
    if (next === Number.POSITIVE_INFINITY) {
      return Float64Array.from(merged);
    }
    merged.push(next);
    axes.forEach((axis, index) => {
      if (axis[at[index]!] === next) {
        at[index]!++;
      }
    });
  }
}

function spread(values: Array<number | null>, own: Float64Array, shared: Float64Array): Values {
  if (own === shared) {
    return values;
  }
  let row = 0;
  return Array.from(shared, (place) => (own[row] === place ? values[row++] : undefined));
}

function describe({ label, values }: { label: string; values: Array<number | null> }): PlotLine {
  const known = values.filter((value) => value !== null);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of known) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const first = known[0] ?? Number.NaN;
  return { label, points: known.length, first, last: known.at(-1) ?? Number.NaN, min, max };
}
