import type { ResultsTable } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { bestRun, defaultOutput, goalOf } from './best-run.ts';
import { type Narrowing, selectRuns, withBrush } from './selection.ts';
import { sortRows } from './sort-rows.ts';
import { subjects, toSweep } from './sweep-table.ts';

const TABLE: ResultsTable = {
  columns: [
    { name: 'run', kind: 'run', type: 'number' },
    { name: 'outcome', kind: 'run', type: 'text' },
    { name: 'dateStarted', kind: 'run', type: 'text' },
    { name: 'x', kind: 'input', type: 'number' },
    { name: 'same', kind: 'input', type: 'number' },
    { name: 'model', kind: 'input', type: 'text' },
    { name: 'drag', kind: 'output', type: 'number' },
  ],
  rows: [
    [2, 'success', 'd', 1, 7, 'sst', 0.3],
    [3, 'success', 'd', 2, 7, 'k-epsilon', 0.1],
    [4, 'failed', 'd', 3, 7, 'sst', null],
    [5, null, 'd', 4, 7, 'les', null],
    [6, null, null, 5, 7, 'les', null],
    [7, 'stopped', 'd', 6, 7, 'sst', 0.05],
  ],
};
const sweep = toSweep(TABLE);
const job = { optimizer: null, jobvariables: [] };

const runsOf = (narrowing: Partial<Narrowing>) => {
  const { rows } = selectRuns(sweep, { brushes: [], text: '', states: [], ...narrowing });
  return [...rows].map((row) => sweep.runs[row]);
};

test('a table becomes columns that know their ends, what is missing, and whether anything differs', () => {
  expect([...sweep.runs]).toEqual([2, 3, 4, 5, 6, 7]);
  expect(sweep.states).toEqual(['succeeded', 'succeeded', 'failed', 'running', 'waiting', 'stopped']);
  expect(sweep.byName.get('x')).toMatchObject({ min: 1, max: 6, missing: 0, isDiffering: true });
  expect(sweep.byName.get('same')).toMatchObject({ isDiffering: false });
  expect(sweep.byName.get('drag')).toMatchObject({ min: 0.05, max: 0.3, missing: 3 });
  expect(sweep.byName.get('model')).toMatchObject({
    categories: ['k-epsilon', 'les', 'sst'],
    min: 0,
    max: 2,
  });
  expect(subjects(sweep).map(({ name }) => name)).toEqual(['x', 'same', 'model', 'drag']);
  expect(sweep.rowOf.get(5)).toBe(3);
});

test('a table without rows, and columns without values, have no ends', () => {
  const empty = toSweep({ ...TABLE, rows: [] });
  expect(empty.byName.get('x')).toMatchObject({ min: Number.NaN, isDiffering: false });
  expect(bestRun(empty, empty.byName.get('drag')!, 'minimize', job)).toBeNull();
  const unended = toSweep({ ...TABLE, rows: TABLE.rows.slice(3, 5) });
  expect(unended.byName.get('drag')).toMatchObject({ max: Number.NaN, isDiffering: false, missing: 2 });
});

test('the selection is what all brushes, chips and the filter leave', () => {
  expect(runsOf({})).toEqual([2, 3, 4, 5, 6, 7]);
  expect(runsOf({ brushes: [{ column: 'x', from: 2, to: 4 }] })).toEqual([3, 4, 5]);
  expect(
    runsOf({
      brushes: [
        { column: 'x', from: 1, to: 4 },
        { column: 'drag', from: 0, to: 1 },
      ],
    }),
  ).toEqual([2, 3]);
  expect(runsOf({ states: ['failed', 'waiting'] })).toEqual([4, 6]);
  expect(runsOf({ brushes: [{ column: 'model', from: 2, to: 2 }], states: ['succeeded'] })).toEqual([2]);
  expect(runsOf({ brushes: [{ column: 'gone', from: 0, to: 1 }] })).toHaveLength(6);
});

test('the filter understands comparisons, texts and numbers of runs, and says what it does not', () => {
  expect(runsOf({ text: 'drag < 0,2' })).toEqual([3, 7]);
  expect(runsOf({ text: 'X>=2 x<=3' })).toEqual([3, 4]);
  expect(runsOf({ text: 'model=SST outcome!=failed' })).toEqual([2, 7]);
  expect(runsOf({ text: 'epsilon' })).toEqual([3]);
  expect(runsOf({ text: '5' })).toEqual([5]);
  const odd = selectRuns(sweep, { brushes: [], text: 'lift<3 x>1', states: [] });
  expect(odd).toMatchObject({ unknown: 'lift<3', isNarrowed: true });
  expect(odd.rows).toHaveLength(5);
  expect(selectRuns(sweep, { brushes: [], text: ' ', states: [] }).isNarrowed).toBe(false);
});

test('a column has one brush, whose ends are in order whichever was set first', () => {
  const one = withBrush([{ column: 'x', from: 0, to: 1 }], 'x', { from: 5, to: 2 });
  expect(one).toEqual([{ column: 'x', from: 2, to: 5 }]);
  expect(withBrush(one, 'x', null)).toEqual([]);
});

test('the best run is among those that succeeded, unless the optimizer has chosen one', () => {
  const drag = sweep.byName.get('drag')!;
  expect(bestRun(sweep, drag, 'minimize', job)).toEqual({
    row: 1,
    value: 0.1,
    among: 2,
    isOptimizers: false,
  });
  expect(bestRun(sweep, drag, 'maximize', job)).toMatchObject({ row: 0, value: 0.3 });
  const objective = { name: 'drag', goal: 'maximize' as const };
  const optimizer = { objective } as NonNullable<Parameters<typeof goalOf>[0]['optimizer']>;
  expect(goalOf({ optimizer }, 'drag', 'minimize')).toBe('maximize');
  expect(bestRun(sweep, drag, 'minimize', { optimizer })).toBeNull();
  expect(bestRun({ ...sweep, optimalRow: 0 }, drag, 'maximize', { optimizer })).toMatchObject({
    row: 0,
    isOptimizers: true,
  });
  expect(defaultOutput({ optimizer, jobvariables: [] }, sweep)?.name).toBe('drag');
});

test('rows are sorted by a column, what has no value last whichever way', () => {
  const all = Uint32Array.of(0, 1, 2, 3, 4, 5);
  const sorted = (sort: string) => [...sortRows(sweep, all, sort)].map((row) => sweep.runs[row]);
  expect(sorted('drag')).toEqual([7, 3, 2, 4, 5, 6]);
  expect(sorted('-drag')).toEqual([2, 3, 7, 4, 5, 6]);
  expect(sorted('-model')).toEqual([2, 4, 7, 5, 6, 3]);
  expect(sorted('nothing')).toEqual([2, 3, 4, 5, 6, 7]);
});
