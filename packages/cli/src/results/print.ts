import type { ResultsTable } from '@quarry/sdk';
import type { Io, Style } from '../io.ts';
import { count, formatNumber } from '../output/human.ts';
import { printable } from '../output/printable.ts';
import { type Column, printTable } from '../output/table.ts';
import { textWidth } from '../output/width.ts';
import type { Cell } from './read.ts';

/** Digits that a terminal shows; programs get all. */
const DIGITS = 6;
/** A text is cut to this many columns when that makes room for others. */
const TEXT_COLUMNS = 16;
const GAP_COLUMNS = 2;

type Row = ResultsTable['rows'][number];

export interface TableWish {
  /** Outputs to be shown; all when empty. */
  outputs: readonly string[];
  rows: readonly Row[];
}

/** Prints runs with their inputs and outputs; answers how many columns a narrow terminal had no room for. */
export function printResults(io: Io, { columns }: ResultsTable, { outputs, rows }: TableWish): number {
  const shown = columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ name, kind }) => kind !== 'output' || outputs.length === 0 || outputs.includes(name));
  const outcome = shown.find(({ name, kind }) => kind === 'run' && name === 'outcome');
  const tellsOutcome = outcome !== undefined && rows.some((row) => row[outcome.index] !== 'success');
  // What a table of results is read for comes first when there is no room for everything.
  const order = { run: 0, output: 1, input: 2 };
  const wanted = shown.filter(
    ({ name, kind }) => kind !== 'run' || name === 'run' || (name === 'outcome' && tellsOutcome),
  );
  const fitting = new Set<number>();
  let room = io.width ?? Number.POSITIVE_INFINITY;
  for (const column of wanted.toSorted((one, other) => order[one.kind] - order[other.kind])) {
    const texts = rows.map((row) => formatCell(row[column.index], io));
    const width = Math.max(textWidth(column.name), ...texts.map(textWidth));
    const needed =
      (column.type === 'text' ? Math.min(width, TEXT_COLUMNS) : width) + (fitting.size > 0 ? GAP_COLUMNS : 0);
    if (needed > room) {
      continue;
    }
    room -= needed;
    fitting.add(column.index);
  }
  printTable(
    io,
    rows,
    wanted
      .filter(({ index }) => fitting.has(index))
      .map(
        ({ name, kind, type, index }): Column<Row> => ({
          header: printable(name),
          keepsCase: kind !== 'run',
          value: (row) => formatCell(row[index], io),
          align: type === 'number' ? 'right' : 'left',
          flexible: type === 'text',
          ...(index === outcome?.index && { style: (row: Row) => outcomeStyle(row[index]) }),
        }),
      ),
  );
  return wanted.length - fitting.size;
}

/** Says what of a table was left out, and where all of it is. */
export function noteRestOfTable(
  io: Io,
  jobId: string,
  shown: number,
  total: number,
  hiddenColumns: number,
): void {
  const parts = [
    shown < total && `${shown} of ${total} runs`,
    hiddenColumns > 0 && `${count(hiddenColumns, 'column')} not shown`,
  ].filter(Boolean);
  if (parts.length > 0) {
    io.note(`${parts.join(', ')}; everything: quarry runs table ${jobId} --csv`);
  }
}

function formatCell(cell: Cell | undefined, io: Io): string {
  if (cell === null || cell === undefined) {
    return '';
  }
  if (typeof cell !== 'number') {
    return String(cell);
  }
  return formatNumber(cell, io.width === undefined ? undefined : DIGITS);
}

function outcomeStyle(outcome: Cell | undefined): Style | undefined {
  return outcome === 'failed' ? 'red' : outcome === 'success' ? undefined : 'yellow';
}
