import type { Preset } from '../../presets/preset.ts';
import { Columns, type Table } from './columns.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Parser } from './parser.ts';

/** Lines of the log of a job begin with when they were written. */
const STAMP = /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\]: ?/;

/** The values that a solver tells of while it works, row by row, as its preset says. */
export class PresetParser implements Parser {
  readonly #preset: Preset;
  readonly #columns: Columns;
  readonly #lines = new LineSplitter();
  readonly dateColumns = [];
  /** The row that is being told of; null before the first. */
  #row: number[] | null = null;
  #counted = 0;
  /** Columns of the table that was begun last. */
  #table: ReadonlyArray<number | null> = [];

  constructor(preset: Preset, capacity: number) {
    this.#preset = preset;
    this.#columns = new Columns(capacity);
  }

  push(bytes: Uint8Array): void {
    const text = this.#lines.push(bytes);
    if (text === null) {
      return;
    }
    for (const line of text.split('\n')) {
      this.#readLine(line.replace(/\r$/, '').replace(STAMP, ''));
    }
  }

  take(): Table {
    const hasValues = this.#row !== null && this.#row.length > 1;
    return this.#columns.take(hasValues ? this.#row : null);
  }

  #readLine(line: string): void {
    for (const expression of this.#preset.lines) {
      const groups = expression.exec(line)?.groups;
      if (groups) {
        this.#read(groups);
        return;
      }
    }
  }

  #read(groups: Record<string, string | undefined>): void {
    const { step, next, series, value, columns, cells, ...named } = groups;
    if (step !== undefined) {
      this.#begin(Number(step));
    } else if (next !== undefined) {
      this.#begin(this.#counted + 1);
    } else if (columns !== undefined) {
      this.#table = columns.split('|').map((name) => this.#columns.indexOf(name.trim()));
    } else if (cells !== undefined) {
      const row: number[] = [];
      cells.split('|').forEach((cell, index) => {
        const column = this.#table[index];
        if (column !== null && column !== undefined) {
          row[column] = Number(cell);
        }
      });
      this.#columns.append(Array.from(row, (each) => each ?? Number.NaN));
    } else if (series !== undefined) {
      this.#note(series, value);
    }
    for (const [name, text] of Object.entries(named)) {
      this.#note(name.replaceAll('_', ' '), text);
    }
  }

  #begin(x: number): void {
    // The axis is the first column, whatever comes.
    this.#columns.indexOf(this.#preset.axis.x);
    if (this.#row !== null && this.#row.length > 1) {
      this.#columns.append(Array.from(this.#row, (each) => each ?? Number.NaN));
    }
    this.#row = [x];
    this.#counted++;
  }

  #note(name: string, text: string | undefined): void {
    if (text === undefined || this.#row === null) {
      return;
    }
    const column = this.#columns.indexOf(name);
    if (column !== null && this.#row[column] === undefined) {
      this.#row[column] = Number(text);
    }
  }
}
