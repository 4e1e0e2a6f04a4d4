import { expect, test } from 'vitest';
import { findFormat, toNumber } from './table-format.ts';
import { TableParser } from './table-parser.ts';

function read(text: string, { pieceBytes = 7, capacity = 1000 } = {}) {
  const parser = new TableParser(capacity);
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    parser.push(bytes.subarray(start, start + pieceBytes));
  }
  const { names, values } = parser.take({ isWhole: true });
  const columns = Object.fromEntries(names.map((name, index) => [name, [...values[index]!]]));
  return { columns, dates: parser.dateColumns.map((index) => names[index]) };
}

test.each<[string, string, Record<string, number[]>]>([
  ['commas and a header', 't,p\n0,1.5\n1,-2e-3\n', { t: [0, 1], p: [1.5, -0.002] }],
  ['tabs, without a last line break', 't\tp\n0\t1\n1\t2', { t: [0, 1], p: [1, 2] }],
  ['semicolons and decimal commas', 't;p\n0,5;1,25\n1;2\n', { t: [0.5, 1], p: [1.25, 2] }],
  ['no names', '0 1\n1 2\n', { 'Column 1': [0, 1], 'Column 2': [1, 2] }],
  ['blanks before and between', '   t     p\n   0   1.0\n  10   2.0\n', { t: [0, 10], p: [1, 2] }],
  ['a comment that names columns', '# Probe 0\n# Time  p\n0  5\n1  6\n', { Time: [0, 1], p: [5, 6] }],
  [
    'vectors as OpenFOAM writes them',
    '# Time\n0 (1 2 3)\n1 (4 5 6)\n',
    {
      'Column 1': [0, 1],
      'Column 2': [1, 4],
      'Column 3': [2, 5],
      'Column 4': [3, 6],
    },
  ],
  [
    'quoted names with commas, as SU2 writes them',
    '"Iter" , "rms[P], log"\n0, -1\n1, -2\n',
    {
      Iter: [0, 1],
      'rms[P], log': [-1, -2],
    },
  ],
  ['exponents of Fortran', 'a b\n1.5D+02 2d-1\n', { a: [150], b: [0.2] }],
  ['line breaks of Windows and a byte order mark', '\uFEFFt,p\r\n0,1\r\n1,2\r\n', { t: [0, 1], p: [1, 2] }],
  ['the same name twice', 'a,a\n1,2\n', { a: [1], 'a (2)': [2] }],
  [
    'JSON line by line',
    '{"step":1,"loss":2.5,"tag":"x"}\n{"step":2,"acc":0.5}\n',
    {
      step: [1, 2],
      loss: [2.5, Number.NaN],
      acc: [Number.NaN, 0.5],
    },
  ],
])('columns with %s are read, in whatever pieces they come', (_, text, columns) => {
  for (const pieceBytes of [1, 3, 1000]) {
    expect(read(text, { pieceBytes }).columns).toEqual(columns);
  }
});

test('dates are an axis of times', () => {
  const { columns, dates } = read('when,p\n2026-01-05T09:00:00Z,1\n2026-01-05T09:01:00Z,2\n');
  expect(dates).toEqual(['when']);
  expect(columns.when![1]! - columns.when![0]!).toBe(60);
});

test('words are no numbers, and holes stay holes', () => {
  expect(read('t,p\n0,\n1,nan\n2,inf\n3,4\n').columns.p).toEqual([Number.NaN, Number.NaN, Number.NaN, 4]);
  expect(toNumber('1e3', false)).toBe(1000);
  expect(toNumber('12 mm', false)).toBe(Number.NaN);
  expect(findFormat('Dear reader,\nthis is a letter, and no table.\nYours')).toBe(null);
  expect(findFormat('')).toBe(null);
});

test('while a file grows its half-written last line is not taken for a value', () => {
  const parser = new TableParser(100);
  const push = (text: string) => parser.push(new TextEncoder().encode(text));
  push('t,p\n0,1\n1,2\n2,30');
  expect(parser.take({ isWhole: false })).toMatchObject({ rows: 2 });
  push('0\n3,4');
  const grown = parser.take({ isWhole: false });
  expect([...grown.values[1]!]).toEqual([1, 2, 300]);
  expect(parser.take({ isWhole: true })).toMatchObject({ rows: 4 });
  expect(parser.take({ isWhole: true })).toMatchObject({ rows: 4 });
});

test('a line without an end costs no more than its bound', () => {
  const parser = new TableParser(10);
  const piece = new Uint8Array(1024 * 1024).fill(49);
  for (let count = 0; count < 8; count++) {
    parser.push(piece);
  }
  expect(parser.take({ isWhole: true }).rows).toBeLessThanOrEqual(1);
});
