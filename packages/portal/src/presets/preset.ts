/**
 * How the progress of a solver is read from what it writes. What a line says is told by the names of the groups of an
 * expression that matches it:
 *
 * - `step`: a new row begins, at this place of the axis
 * - `next`: a new row begins; rows are counted
 * - `series` and `value`: a value of the row, of the series of that name; of several the first one counts
 * - `columns`, then `cells` below it: a table whose columns are parted by `|`; its first column is the axis
 * - any other name: a value of the row, of the series that is called so
 */
export interface Preset {
  /** What it is called in addresses. */
  key: string;
  title: string;
  /** Codes of the software that writes so. */
  codes: readonly string[];
  /** What only such a file has near its beginning. */
  sign: RegExp;
  /** Each is tried on each line; the first that matches counts. */
  lines: readonly RegExp[];
  axis: {
    x: string;
    y: string;
    /** Whether values are shown by their powers of ten. */
    isLog: boolean;
  };
  /** The series that are shown unless others are chosen; all when absent. */
  shown?: RegExp;
}
