import type { Table } from './columns.ts';

/** Makes a table of the bytes of a file, as they come. */
export interface Parser {
  push(bytes: Uint8Array): void;
  /** What there is by now; `isWhole` when nothing more is on its way. */
  take(options: { isWhole: boolean }): Table;
  /** Columns whose values are dates, in seconds since 1970. */
  readonly dateColumns: readonly number[];
}
