import type { Io, Style } from '../io.ts';
import { printable } from './printable.ts';
import { textWidth, truncate } from './width.ts';

export interface Column<Row> {
  header: string;
  /** Written as it is rather than in capitals: a name from elsewhere, whose case matters. */
  keepsCase?: boolean;
  value: (row: Row) => string | number | null | undefined;
  align?: 'left' | 'right';
  style?: (row: Row) => Style | undefined;
  /** May be cut when the terminal is too narrow. */
  flexible?: boolean;
}

const GAP = '  ';
const NARROWEST_COLUMN = 8;

/** Prints rows as a table: as wide as the terminal allows; elsewhere uncut and uncoloured. */
export function printTable<Row>(io: Io, rows: readonly Row[], columns: readonly Column<Row>[]): void {
  for (const line of renderTable(io, rows, columns)) {
    io.print(line);
  }
}

/** The lines of such a table, for what is redrawn. */
export function renderTable<Row>(io: Io, rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const cells = rows.map((row) => columns.map((column) => printable(String(column.value(row) ?? ''))));
  const widths = columns.map((column, index) =>
    Math.max(textWidth(column.header), ...cells.map((row) => textWidth(row[index]!))),
  );
  if (io.width !== undefined) {
    shrink(widths, columns, io.width);
  }

  const render = (texts: string[], style: (index: number) => Style | undefined) =>
    texts
      .map((text, index) => {
        const shown = io.width === undefined ? text : truncate(text, widths[index]!);
        const padding = ' '.repeat(Math.max(0, widths[index]! - textWidth(shown)));
        const format = style(index);
        const painted = format && shown ? io.style(format, shown) : shown;
        return columns[index]!.align === 'right' ? padding + painted : painted + padding;
      })
      .join(GAP)
      .trimEnd();

  return [
    render(
      columns.map(({ header, keepsCase }) => (keepsCase ? header : header.toUpperCase())),
      () => 'dim',
    ),
    ...rows.map((row, index) => render(cells[index]!, (column) => columns[column]!.style?.(row))),
  ];
}

/** Takes columns away from the widest flexible column until the table fits, or nothing flexible is left. */
function shrink<Row>(widths: number[], columns: readonly Column<Row>[], available: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  while (total() > available) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      if (!column.flexible || widths[index]! <= NARROWEST_COLUMN) {
        continue;
      }
      if (widest === -1 || widths[index]! > widths[widest]!) {
        widest = index;
      }
    }
    if (widest === -1) {
      return;
    }
    widths[widest]! -= Math.min(total() - available, widths[widest]! - NARROWEST_COLUMN);
  }
}

/** Prints `label  value` lines, the labels padded to one width; lines without a value are left out. */
export function printFields(
  io: Io,
  fields: readonly (readonly [label: string, value: string | number | null | undefined])[],
): void {
  const shown = fields.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([label]) => textWidth(label)));
  for (const [label, value] of shown) {
    const lines = String(value).split('\n').map(printable);
    const padding = ' '.repeat(width - textWidth(label));
    io.print(`${io.style('dim', label)}${padding}${GAP}${lines[0]}`);
    for (const line of lines.slice(1)) {
      io.print(`${' '.repeat(width)}${GAP}${line}`);
    }
  }
}
