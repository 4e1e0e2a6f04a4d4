import { expect, test } from 'vitest';
import { searchHistory } from './search-history.ts';
import { toSweep } from './sweep-table.ts';

const sweep = toSweep({
  columns: [
    { name: 'run', kind: 'run', type: 'number' },
    { name: 'outcome', kind: 'run', type: 'text' },
    { name: 'mass', kind: 'output', type: 'number' },
    { name: 'stress', kind: 'output', type: 'number' },
  ],
  rows: [
    [2, 'success', 10, 1],
    [3, 'success', 5, 9],
    [4, 'failed', 1, 1],
    [5, 'success', 8, 2],
    [6, 'success', 9, 1],
    [7, null, null, null],
  ],
});
const mass = sweep.byName.get('mass')!;

test('the best so far gets better only by runs that succeeded and keep every constraint', () => {
  const constraints = [{ name: 'stress', min: null, max: 5 }];
  const { points, best } = searchHistory(sweep, mass, 'minimize', constraints);
  expect(points.map(([run, value]) => [run, value])).toEqual([
    [2, 10],
    [3, 5],
    [5, 8],
    [6, 9],
  ]);
  expect(best).toEqual([
    [2, 10],
    [5, 8],
    [6, 8],
  ]);
  expect(searchHistory(sweep, mass, 'minimize', []).best.at(-1)).toEqual([6, 5]);
  expect(searchHistory(sweep, mass, 'maximize', []).best).toEqual([
    [2, 10],
    [6, 10],
  ]);
});

test('an output that constraints name and nobody printed keeps none of them', () => {
  expect(searchHistory(sweep, mass, 'minimize', [{ name: 'gone', min: 0, max: null }]).best).toEqual([]);
});
