import { Columns, type Table } from './columns.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Parser } from './parser.ts';
import { cellsOf, findFormat, isComment, isDateCell, type TableFormat, toNumber } from './table-format.ts';

/** So much is looked at before it is decided what parts the columns, unless that is all. */
const LOOKED_AT_CHARACTERS = 4096;
/** Of a file that grows less has to do. */
const ENOUGH_LINES = 3;

/** Columns parted by commas, semicolons, tabs or blanks, or objects of JSON line by line, as they come. */
export class TableParser implements Parser {
  readonly #columns: Columns;
  readonly #lines = new LineSplitter();
  readonly #dates = new Set<number>();
  #format: TableFormat | null = null;
  #waiting = '';
  #isHeaderDue = false;

  constructor(capacity: number) {
    this.#columns = new Columns(capacity);
  }

  push(bytes: Uint8Array): void {
    const text = this.#lines.push(bytes);
    if (text === null) {
      return;
    }
    if (this.#format === null) {
      this.#waiting += `${text}\n`;
      if (this.#waiting.length >= LOOKED_AT_CHARACTERS) {
        this.#decide();
      }
      return;
    }
    this.#readLines(text);
  }

  take({ isWhole }: { isWhole: boolean }): Table {
    if (isWhole && this.#format === null) {
      this.#waiting += this.#lines.rest;
      this.#decide();
      return this.#columns.take();
    }
    if (this.#format === null && this.#waiting.split('\n').length > ENOUGH_LINES) {
      this.#decide();
    }
    // The last line of a file often has no line break; while a file grows it may be half a number.
    const open = isWhole && this.#lines.rest.trim() !== '' ? this.#rowOf(this.#lines.rest) : null;
    return this.#columns.take(open);
  }

  get dateColumns(): readonly number[] {
    return [...this.#dates];
  }

  #decide(): void {
    this.#format = findFormat(this.#waiting);
    if (this.#format === null) {
      return;
    }
    if (this.#format.kind === 'delimited') {
      for (const name of this.#format.names) {
        this.#columns.indexOf(name);
      }
      this.#isHeaderDue = this.#format.hasHeader;
    }
    const text = this.#waiting;
    this.#waiting = '';
    this.#readLines(text);
  }

  #readLines(text: string): void {
    for (const line of text.split('\n')) {
      if (line.trim() === '' || isComment(line)) {
        continue;
      }
      if (this.#isHeaderDue) {
        this.#isHeaderDue = false;
        continue;
      }
      const row = this.#rowOf(line);
      if (row !== null) {
        this.#columns.append(row);
      }
    }
  }

  /** The numbers of a line; null where there are none. */
  #rowOf(line: string): number[] | null {
    const format = this.#format;
    const row = format?.kind === 'json' ? this.#jsonRow(line) : this.#cellsRow(line, format);
    return row.some((value) => !Number.isNaN(value)) ? row : null;
  }

  #cellsRow(line: string, format: TableFormat | null): number[] {
    if (format?.kind !== 'delimited') {
      return [];
    }
    return cellsOf(line, format.delimiter).map((cell, index) => {
      if (isDateCell(cell)) {
        this.#dates.add(index);
      }
      return toNumber(cell, format.hasDecimalComma);
    });
  }

  #jsonRow(line: string): number[] {
    const row: number[] = [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return row;
    }
    if (typeof value !== 'object' || value === null) {
      return row;
    }
    for (const [name, field] of Object.entries(value)) {
      const isDate = typeof field === 'string' && isDateCell(field);
      const number = typeof field === 'number' ? field : isDate ? toNumber(field, false) : Number.NaN;
      const index = Number.isFinite(number) ? this.#columns.indexOf(name) : null;
      if (index !== null) {
        row[index] = number;
        if (isDate) {
          this.#dates.add(index);
        }
      }
    }
    return Array.from(row, (number) => number ?? Number.NaN);
  }
}
