import type { Job } from '@quarry/sdk';
import type { Goal } from './best-run.ts';
import type { Sweep, SweepColumn } from './sweep-table.ts';

export interface SearchHistory {
  /** Number of the run, what it printed, and its row. */
  points: (readonly [run: number, value: number, row: number])[];
  /** The best so far that keeps every constraint, at each run that made it better, and at the last. */
  best: (readonly [run: number, value: number])[];
}

type Constraints = NonNullable<Job['optimizer']>['constraints'];

export function searchHistory(
  sweep: Sweep,
  output: SweepColumn,
  goal: Goal,
  constraints: Constraints,
): SearchHistory {
  const bounds = constraints.map(({ name, min, max }) => ({
    values: sweep.byName.get(name)?.values,
    min,
    max,
  }));
  const keepsAll = (row: number) =>
    bounds.every(({ values, min, max }) => {
      const value = values?.[row] ?? Number.NaN;
      return value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
    });
  const history: SearchHistory = { points: [], best: [] };
  for (let row = 0; row < sweep.count; row++) {
    const value = output.values[row]!;
    if (Number.isNaN(value) || sweep.states[row] !== 'succeeded') {
      continue;
    }
    const run = sweep.runs[row]!;
    history.points.push([run, value, row]);
    const before = history.best.at(-1)?.[1];
    const isBetter = before === undefined || (goal === 'minimize' ? value < before : value > before);
    if (isBetter && keepsAll(row)) {
      history.best.push([run, value]);
    }
  }
  const [last, best] = [history.points.at(-1), history.best.at(-1)];
  if (last && best && best[0] !== last[0]) {
    history.best.push([last[0], best[1]]);
  }
  return history;
}
