/** Files of parameters and of cases: CSV whose first line names the variables. */
import { isUtf8 } from 'node:buffer';
import { finished } from 'node:stream/promises';
import { setImmediate as afterOtherWork } from 'node:timers/promises';
import { MAX_JOB_VARIABLES, MAX_NAME_LENGTH } from '@quarry/contract';
import type { CsvError, InfoRecord, Parser } from 'csv-parse';

/** Why a file cannot be used, with line and column where there is one. */
export class TableProblem extends Error {
  override readonly name = 'TableProblem';
}

export interface Table {
  names: string[];
  /** What was read in another way than RFC 4180 has it, or left out: for people. */
  notes: string[];
  /** Each row's texts, joined by NUL, which no text contains: a fraction of the memory of lists of lists. */
  rows: string[];
}

export interface TableLimits {
  /** Rows below the names. */
  runsPerJob: number;
  paramFileRowBytes: number;
}

/** Parsed at a time before others get a turn: some milliseconds. */
const CHUNK_BYTES = 64 * 1024;

/** Ours to skip: the parser would go on to take other marks as leave to read UTF-16. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

const UNPRINTABLE = /[\0-\x1f\x7f]/;

type Separator = ',' | ';' | '\t';

const SEPARATOR_WORDS: Readonly<Record<Separator, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
};
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;

/**
 * Reads CSV as RFC 4180 has it: UTF-8 with or without a byte order mark, any line ends, quotes, texts verbatim but
 * for blanks around commas. Where the line of names has no comma, semicolons and tabs are separators too, as spreadsheets
 * write them. Throws a TableProblem that names line and column; stops at the first.
 */
export async function readTable(file: Buffer, limits: TableLimits): Promise<Table> {
  const hasMark = BYTE_ORDER_MARK.equals(file.subarray(0, BYTE_ORDER_MARK.length));
  const bytes = hasMark ? file.subarray(BYTE_ORDER_MARK.length) : file;
  const separator = separatorOf(bytes, limits.paramFileRowBytes);
  const reader = new TableReader(bytes, separator, limits);
  // Loaded with the first table: most servers never read one.
  const csv = await import('csv-parse');
  const parser = csv.parse({
    trim: true,
    delimiter: separator,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    on_record: (record: string[], info) => {
      reader.take(record, info as InfoRecord);
      return null;
    },
  });
  const end = finished(parser.resume());
  try {
    await Promise.race([end, feed(parser, bytes, reader)]);
    await end;
  } catch (error) {
    parser.destroy();
    throw error instanceof csv.CsvError ? reader.quoteProblem(error) : error;
  }
  return reader.end();
}

/** What separates the names in the first line; no name of a variable has such a character. */
function separatorOf(bytes: Buffer, most: number): Separator {
  const [line = ''] = bytes.toString('latin1', 0, most).split(/[\r\n]/, 1);
  const text = line.replace(/"[^"]*"/g, '');
  const count = (separator: Separator) => text.split(separator).length;
  if (text.includes(',') || (!text.includes(';') && !text.includes('\t'))) {
    return ',';
  }
  return count(';') >= count('\t') ? ';' : '\t';
}

/** Writes to the parser piece by piece, and gives others a turn between them. */
async function feed(parser: Parser, bytes: Buffer, reader: TableReader): Promise<void> {
  for (let start = 0; start < bytes.length && !parser.destroyed; start += CHUNK_BYTES) {
    parser.write(bytes.subarray(start, start + CHUNK_BYTES));
    await afterOtherWork();
    if (!parser.destroyed) {
      reader.checkRowBytes(Math.min(start + CHUNK_BYTES, bytes.length));
    }
  }
  if (!parser.destroyed) {
    parser.end();
  }
}

class TableReader {
  readonly #bytes: Buffer;
  readonly #separator: Separator;
  readonly #limits: TableLimits;
  readonly #wrongCharacter: RegExp;
  readonly #rows: string[] = [];
  #names: string[] | null = null;
  /** Where the record that comes next begins. */
  #offset = 0;
  /** Where the first of the empty lines before it began. */
  #emptyAt: number | null = null;
  /** Rows of separators alone, and where the first of them begins. */
  #blankRows = 0;
  #blankAt = 0;
  #decimalComma: string | null = null;

  constructor(bytes: Buffer, separator: Separator, limits: TableLimits) {
    this.#bytes = bytes;
    this.#separator = separator;
    this.#limits = limits;
    // Bytes that are not UTF-8 come out as replacement characters.
    this.#wrongCharacter = isUtf8(bytes) ? /\0/ : /[\0\ufffd]/;
  }

  take(record: string[], info: InfoRecord): void {
    const start = this.#offset;
    this.#offset = info.bytes;
    if (record.length === 1 && record[0] === '' && this.#isEmptyLine(start)) {
      this.#emptyAt ??= start;
      return;
    }
    if (record.length > 1 && this.#isBlankRow(start)) {
      this.#blankAt = this.#blankRows === 0 ? start : this.#blankAt;
      this.#blankRows += 1;
      return;
    }
    if (this.#emptyAt !== null) {
      this.#refuse(this.#emptyAt, 1, 'the line is empty; leave it out, or write "" for an empty text.');
    }
    const wrong = record.findIndex((text) => this.#wrongCharacter.test(text));
    if (wrong >= 0) {
      const isNul = record[wrong]!.includes('\0');
      const why = isNul ? 'there is a NUL byte' : 'these bytes are not UTF-8';
      this.#refuse(start, wrong + 1, `${why}; the file must be CSV text in UTF-8.`);
    }
    if (this.#names === null) {
      this.#takeNames(record, start);
    } else {
      this.#takeRow(record, this.#names, start);
    }
  }

  #takeNames(record: string[], start: number): void {
    if (record.length > MAX_JOB_VARIABLES) {
      this.#refuse(start, MAX_JOB_VARIABLES + 1, `a job has at most ${MAX_JOB_VARIABLES} variables.`);
    }
    const columns = new Map<string, number>();
    for (const [index, name] of record.entries()) {
      const first = columns.get(name);
      if (name === '') {
        this.#refuse(start, index + 1, 'the name of the variable is missing.');
      }
      if (first !== undefined) {
        this.#refuse(start, index + 1, `"${name}" is the name of column ${first} already.`);
      }
      if (name.length > MAX_NAME_LENGTH || UNPRINTABLE.test(name)) {
        const rule = `a name has at most ${MAX_NAME_LENGTH} characters and no control characters.`;
        this.#refuse(start, index + 1, rule);
      }
      columns.set(name, index + 1);
    }
    this.#names = record;
  }

  #takeRow(record: string[], names: readonly string[], start: number): void {
    if (record.length < names.length) {
      const missing = record.length + 1;
      const found = `the value of "${names[record.length]}" is missing`;
      this.#refuse(start, missing, `${found}: there ${count(record.length)} for ${names.length} names.`);
    }
    if (record.length > names.length) {
      const found = 'there is a value without a name';
      const hint = `Values with ${SEPARATOR_WORDS[this.#separator]} in them need quotes.`;
      this.#refuse(
        start,
        names.length + 1,
        `${found}: there ${count(record.length)} for ${names.length} names. ${hint}`,
      );
    }
    if (this.#rows.length === this.#limits.runsPerJob) {
      const limit = this.#limits.runsPerJob.toLocaleString('en');
      this.#refuse(
        start,
        1,
        `there are more than ${limit} rows, which is the most that a job can have runs.`,
      );
    }
    if (this.#separator !== ',') {
      this.#decimalComma ??= record.find((text) => DECIMAL_COMMA.test(text)) ?? null;
    }
    this.#rows.push(record.join('\0'));
  }

  /** Refuses a row that has no end by `position`: a quote that is never closed would take in all the rest. */
  checkRowBytes(position: number): void {
    const { paramFileRowBytes } = this.#limits;
    if (position - this.#offset <= paramFileRowBytes) {
      return;
    }
    const why = `the row is longer than ${paramFileRowBytes.toLocaleString('en')} bytes; perhaps a quote is never closed.`;
    this.#refuse(this.#offset, 1, why);
  }

  /** True when nothing but blanks stands there: `""` is a row with an empty text. */
  #isEmptyLine(start: number): boolean {
    const end = this.#offset > start ? this.#offset : this.#bytes.length;
    return this.#bytes.toString('utf8', start, end).trim() === '';
  }

  /** True when there are separators and blanks alone, as spreadsheets leave them; `""` is a text. */
  #isBlankRow(start: number): boolean {
    const line = this.#bytes.toString(
      'latin1',
      start,
      this.#offset > start ? this.#offset : this.#bytes.length,
    );
    return line.replaceAll(this.#separator, '').trim() === '';
  }

  #notes(): string[] {
    const notes: string[] = [];
    if (this.#separator !== ',') {
      notes.push(
        `it was read with ${SEPARATOR_WORDS[this.#separator]} between values, as its first line has them.`,
      );
    }
    if (this.#decimalComma !== null) {
      notes.push(
        `values such as "${this.#decimalComma}" are given to runs with their comma: write a point if a decimal one is meant.`,
      );
    }
    if (this.#blankRows > 0) {
      const rows = this.#blankRows === 1 ? '1 row' : `${this.#blankRows} rows`;
      notes.push(
        `${rows} without a value ${this.#blankRows === 1 ? 'was' : 'were'} left out, the first in line ${this.#lineAt(this.#blankAt)}.`,
      );
    }
    return notes;
  }

  end(): Table {
    if (this.#names === null) {
      throw new TableProblem('The file is empty; its first line must name the variables.');
    }
    if (this.#rows.length === 0) {
      throw new TableProblem('Line 2: the file has no rows below the names of the variables.');
    }
    return { names: this.#names, rows: this.#rows, notes: this.#notes() };
  }

  quoteProblem(error: CsvError): TableProblem {
    const column = typeof error.column === 'number' ? error.column + 1 : 1;
    const why =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote is opened and never closed'
        : error.code === 'CSV_INVALID_CLOSING_QUOTE'
          ? 'there is text after the closing quote'
          : 'there is a quote inside a value that does not begin with one';
    const hint = 'Write a quote inside quotes twice.';
    return this.#problem(this.#offset, column, `${why}. ${hint}`);
  }

  #refuse(start: number, column: number, why: string): never {
    throw this.#problem(start, column, why);
  }

  #problem(start: number, column: number, why: string): TableProblem {
    return new TableProblem(`Line ${this.#lineAt(start)}, column ${column}: ${why}`);
  }

  #lineAt(position: number): number {
    const before = this.#bytes.toString('latin1', 0, position);
    return (before.match(/\r\n|\n|\r/g)?.length ?? 0) + 1;
  }
}

function count(values: number): string {
  return values === 1 ? 'is 1 value' : `are ${values} values`;
}
