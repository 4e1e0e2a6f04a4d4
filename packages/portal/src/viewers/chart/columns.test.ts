import { expect, test } from 'vitest';
import { Columns, MAX_COLUMNS } from './columns.ts';

test('rows are there as they came, and columns that come later have no values before', () => {
  const columns = new Columns(10);
  columns.indexOf('x');
  columns.append([1]);
  expect(columns.indexOf('y')).toBe(1);
  expect(columns.indexOf('x')).toBe(0);
  columns.append([2, 20]);
  const table = columns.take();
  expect(table).toMatchObject({ names: ['x', 'y'], rows: 2, rowsRead: 2, stride: 1 });
  expect([...table.values[1]!]).toEqual([Number.NaN, 20]);
});

test('more rows than there is room for are thinned evenly, and the last one is always there', () => {
  const columns = new Columns(8);
  columns.indexOf('x');
  for (let x = 0; x < 1000; x++) {
    columns.append([x]);
    const { values, rows, rowsRead, stride } = columns.take();
    const kept = [...values[0]!];
    expect(rows).toBeLessThanOrEqual(9);
    expect(rowsRead).toBe(x + 1);
    expect(kept.at(-1)).toBe(x);
    expect(kept.slice(0, -1).every((value, index) => value === index * stride)).toBe(true);
  }
});

test('a row that is still being written stands last', () => {
  const columns = new Columns(4);
  columns.indexOf('x');
  columns.append([1]);
  expect([...columns.take([2]).values[0]!]).toEqual([1, 2]);
  expect(columns.take().rows).toBe(1);
});

test('there is an end to columns', () => {
  const columns = new Columns(4);
  for (let index = 0; index < MAX_COLUMNS; index++) {
    columns.indexOf(String(index));
  }
  expect(columns.indexOf('one more')).toBe(null);
  expect(columns.columns).toBe(MAX_COLUMNS);
});
