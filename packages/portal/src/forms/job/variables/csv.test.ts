import { expect, test } from 'vitest';
import { pasteAt, readTable, rereadTable, writeTable } from './csv.ts';

test('a table from a spreadsheet is read, with its decimal commas', () => {
  expect(readTable('v\tangle\n0,5\t2\n1,25\tk-omega, SST\n')).toEqual({
    rows: [
      ['v', 'angle'],
      ['0.5', '2'],
      ['1.25', 'k-omega, SST'],
    ],
    hadCommas: true,
    problem: null,
  });
});

test('values of CSV stay as they are written, and come back the same', () => {
  const csv = 'v,model\n10.0,"k-omega, SST"\n-1e3,"say ""no"""\n';
  const { rows, hadCommas } = readTable(csv);
  expect(rows[1]).toEqual(['10.0', 'k-omega, SST']);
  expect(hadCommas).toBe(false);
  expect(writeTable(rows)).toBe(csv);
});

test('what is no table is said', () => {
  expect(readTable('').problem).toEqual({ kind: 'empty', row: null });
  expect(readTable('a,b\n').problem).toEqual({ kind: 'empty', row: null });
  expect(readTable('a,b\n1,2\n3\n').problem).toEqual({ kind: 'uneven', row: 2 });
  expect(readTable('a,b\n1,"2\n').problem?.kind).toBe('quotes');
});

test('rows that are pasted at a cell take its place, and the table grows for them', () => {
  const table = [
    ['a', 'b'],
    ['1', '2'],
  ];
  expect(pasteAt(table, 1, 1, [['7', '8'], ['9']])).toEqual([
    ['a', 'b', ''],
    ['1', '7', '8'],
    ['', '9', ''],
  ]);
});

test('what is typed into a table is there as it was typed, empty rows and blanks too', () => {
  for (const rows of [
    [['x'], [''], ['']],
    [
      ['a b ', ''],
      ['"', ','],
    ],
  ]) {
    expect(rereadTable(writeTable(rows))).toEqual(rows);
  }
});

test('a table of very many rows can be pasted', () => {
  const rows = Array.from({ length: 300_000 }, () => ['1']);
  expect(pasteAt([['x']], 1, 0, rows)).toHaveLength(300_001);
});
