import type { Cell, SweepTable } from './table.ts';

/**
 * The table as CSV (RFC 4180) in UTF-8 with a line of names first. Lines end with LF, as the tools of a shell
 * expect. What a run lacks is empty; an empty text is `""`. Nothing that users wrote is altered.
 */
export async function* writeCsv(table: SweepTable): AsyncGenerator<string> {
  yield csvLine(table.columns.map(({ name }) => name));
  for await (const rows of table.rows()) {
    yield rows.map(csvLine).join('');
  }
}

/** A line of such a file. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(field).join(',')}\n`;
}

function field(cell: Cell): string {
  if (cell === null) {
    return '';
  }
  if (typeof cell !== 'string') {
    return String(cell);
  }
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
