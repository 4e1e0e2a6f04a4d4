/** Tables of values, as spreadsheets give them and as definitions take them: CSV, names in the first line. */
import Papa from 'papaparse';

/** Names, then rows of as many texts. */
export type Table = readonly (readonly string[])[];

export interface ReadTable {
  rows: Table;
  /** What is wrong with it, by the number of its line where it has one; null for nothing. */
  problem: { kind: 'empty' | 'uneven' | 'quotes'; row: number | null } | null;
  /** Whether decimal commas became points. */
  hadCommas: boolean;
}

const DECIMAL_COMMA = /^[+-]?\d+,\d+(e[+-]?\d+)?$/i;

/** Reads values that are parted by commas, semicolons or tabs, as other programs write them. */
export function readTable(text: string): ReadTable {
  const { data, errors, meta } = Papa.parse<string[]>(text.replace(/^\ufeff/, '').replace(/\s+$/, ''), {
    skipEmptyLines: true,
  });
  // Where values are parted by something else, a comma is that of a number.
  const mayHaveCommas = meta.delimiter !== ',';
  let hadCommas = false;
  const rows = data.map((row) =>
    row.map((cell) => {
      const value = cell.trim();
      if (mayHaveCommas && DECIMAL_COMMA.test(value)) {
        hadCommas = true;
        return value.replace(',', '.');
      }
      return value;
    }),
  );
  const isOpen = errors.some(({ type }) => type === 'Quotes');
  return { rows, hadCommas, problem: isOpen ? { kind: 'quotes', row: null } : problemOf(rows) };
}

/** A table as `writeTable` has written it: every blank that was typed is there. */
export function rereadTable(csv: string): Table {
  return Papa.parse<string[]>(csv.replace(/\n$/, ''), { delimiter: ',', newline: '\n' }).data;
}

export function problemOf(rows: Table): ReadTable['problem'] {
  const uneven = rows.findIndex((row) => row.length !== rows[0]!.length);
  if (rows.length < 2) {
    return { kind: 'empty', row: null };
  }
  return uneven < 0 ? null : { kind: 'uneven', row: uneven };
}

export function writeTable(rows: Table): string {
  // A line with nothing on it would be no row.
  const lines = rows.map((row) => (row.length === 1 && row[0] === '' ? '""' : Papa.unparse([[...row]])));
  return `${lines.join('\n')}\n`;
}

/** A function takes no more arguments than some ten thousand, and a table has more rows. */
function widthOf(table: Table): number {
  return table.reduce((width, cells) => Math.max(width, cells.length), 0);
}

/** The table with what was pasted at a cell; it grows where that is larger. */
export function pasteAt(table: Table, row: number, column: number, pasted: Table): string[][] {
  const height = Math.max(table.length, row + pasted.length);
  const width = Math.max(widthOf(table), column + widthOf(pasted));
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => pasted[y - row]?.[x - column] ?? table[y]?.[x] ?? ''),
  );
}
