/** Numbers in columns that grow row by row, within bounds: of more rows than there is room for every second one goes, then again. */

export interface Table {
  names: readonly string[];
  /** Of each column the values of all rows; NaN where there is none. */
  values: readonly Float64Array[];
  rows: number;
  /** Rows that were read; more than there are here when `stride` is not 1. */
  rowsRead: number;
  /** One of so many rows is here. */
  stride: number;
}

/** Files with more columns are no tables to draw. */
export const MAX_COLUMNS = 200;

export class Columns {
  readonly #names: string[] = [];
  readonly #values: Float64Array[] = [];
  readonly #capacity: number;
  #rows = 0;
  #rowsRead = 0;
  #stride = 1;
  /** The row that was read last; it is always shown, since where things stand is what people look for. */
  #latest: readonly number[] = [];

  constructor(capacity: number) {
    this.#capacity = Math.max(2, capacity);
  }

  get columns(): number {
    return this.#names.length;
  }

  /** The place of a column, which is made when there is none of that name; null when there are too many. */
  indexOf(name: string): number | null {
    const known = this.#names.indexOf(name);
    if (known !== -1) {
      return known;
    }
    if (this.#names.length >= MAX_COLUMNS) {
      return null;
    }
    this.#names.push(name);
    this.#values.push(new Float64Array(this.#capacity).fill(Number.NaN));
    return this.#names.length - 1;
  }

  append(row: readonly number[]): void {
    if (this.#rowsRead % this.#stride === 0) {
      if (this.#rows === this.#capacity) {
        this.#thin();
      }
      // After thinning this row may be one of those that go.
      if (this.#rowsRead % this.#stride === 0) {
        this.#values.forEach((column, index) => {
          column[this.#rows] = row[index] ?? Number.NaN;
        });
        this.#rows++;
      }
    }
    this.#rowsRead++;
    this.#latest = row;
  }

  /** What there is by now, as a copy. `open` is a row that is still being written. */
  take(open: readonly number[] | null = null): Table {
    const isLatestKept = this.#rowsRead === 0 || (this.#rowsRead - 1) % this.#stride === 0;
    const last = [...(isLatestKept ? [] : [this.#latest]), ...(open === null ? [] : [open])];
    const values = this.#values.map((column, index) => {
      const copy = new Float64Array(this.#rows + last.length);
      copy.set(column.subarray(0, this.#rows));
      last.forEach((row, offset) => {
        copy[this.#rows + offset] = row[index] ?? Number.NaN;
      });
      return copy;
    });
    return {
      names: [...this.#names],
      values,
      rows: this.#rows + last.length,
      rowsRead: this.#rowsRead + (open === null ? 0 : 1),
      stride: this.#stride,
    };
  }

  #thin(): void {
    const kept = Math.ceil(this.#rows / 2);
    for (const column of this.#values) {
      for (let row = 0; row < kept; row++) {
        column[row] = column[row * 2]!;
      }
      column.fill(Number.NaN, kept);
    }
    this.#rows = kept;
    this.#stride *= 2;
  }
}
