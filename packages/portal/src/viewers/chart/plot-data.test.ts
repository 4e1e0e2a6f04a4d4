import { expect, test } from 'vitest';
import type { Table } from './columns.ts';
import { columnNames, type DrawnFile, type PlotChoice, ROW_NUMBER, toPlot } from './plot-data.ts';

function file(columns: Record<string, number[]>, name: string | null = null): DrawnFile {
  const values = Object.values(columns).map((column) => Float64Array.from(column));
  const rows = values[0]!.length;
  const table: Table = { names: Object.keys(columns), values, rows, rowsRead: rows, stride: 1 };
  return { name, table, dateColumns: [] };
}

const choice = (wanted: Partial<PlotChoice>): PlotChoice => ({
  x: 't',
  ys: ['a'],
  logX: false,
  logY: false,
  smoothing: 1,
  ...wanted,
});

test('a line has the values of its column, breaks where there are none, and is told of in figures', () => {
  const plot = toPlot([file({ t: [0, 1, 2, 3], a: [4, Number.NaN, -1, 2] })], choice({}));
  expect([...plot.x]).toEqual([0, 1, 2, 3]);
  expect(plot.ys).toEqual([[4, null, -1, 2]]);
  expect(plot.lines).toEqual([{ label: 'a', points: 3, first: 4, last: 2, min: -1, max: 4 }]);
});

test('rows are counted where the column of the axis does not ascend, and that is told', () => {
  const polar = file({ t: [0, 5, 2], a: [1, 2, 3] });
  expect(toPlot([polar], choice({}))).toMatchObject({ isCounted: true, x: Float64Array.of(1, 2, 3) });
  expect(toPlot([polar], choice({ x: ROW_NUMBER }))).toMatchObject({ isCounted: false });
});

test('a logarithmic axis shows what is above zero, and counts what it cannot show', () => {
  const plot = toPlot([file({ t: [0, 1, 10], a: [1, 0, -5] })], choice({ logX: true, logY: true }));
  expect([...plot.x]).toEqual([1, 10]);
  expect(plot.ys).toEqual([[null, null]]);
  expect(plot.hidden).toBe(2);
});

test('files with places of their own share one axis, and neither breaks the lines of the other', () => {
  const plot = toPlot(
    [file({ t: [0, 1, 1, 4], a: [1, 2, 3, 4] }, 'one'), file({ t: [1, 2], a: [7, 8] }, 'two')],
    choice({}),
  );
  expect([...plot.x]).toEqual([0, 1, 1, 2, 4]);
  expect(plot.ys).toEqual([
    [1, 2, 3, undefined, 4],
    [undefined, 7, undefined, 8, undefined],
  ]);
  expect(plot.lines.map(({ label }) => label)).toEqual(['one: a', 'two: a']);
});

test('smoothing averages the points around, of powers of ten their exponents', () => {
  const values = file({ t: [0, 1, 2], a: [1, 100, 1] });
  expect(toPlot([values], choice({ smoothing: 3 })).ys[0]![1]).toBeCloseTo(34);
  expect(toPlot([values], choice({ smoothing: 3, logY: true })).ys[0]![1]).toBeCloseTo(100 ** (1 / 3));
  expect(toPlot([values], choice({ smoothing: 3 })).ys[0]![0]).toBe(1);
});

test('columns without a number cannot be chosen', () => {
  expect(columnNames([file({ t: [0], a: [Number.NaN] }), file({ b: [1] })])).toEqual(['t', 'b']);
});
