import type { Sweep } from './sweep-table.ts';

/** The rows by a column, `-` before its name for the largest first; what has no value comes last. Equal ones stay by number. */
export function sortRows(sweep: Sweep, rows: Uint32Array, sort: string): Uint32Array {
  const isDescending = sort.startsWith('-') && !sweep.byName.has(sort);
  const column = sweep.byName.get(isDescending ? sort.slice(1) : sort);
  if (!column) {
    return rows;
  }
  const { values } = column;
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [values[a]!, values[b]!];
    if (Number.isNaN(left) || Number.isNaN(right)) {
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
    }
    return sign * (left - right) || a - b;
  });
}
