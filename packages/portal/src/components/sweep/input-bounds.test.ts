import { expect, test } from 'vitest';
import { boundsOfInputs } from './input-bounds.ts';
import { toSweep } from './sweep-table.ts';

const sweep = toSweep({
  columns: [
    { name: 'run', kind: 'run', type: 'number' },
    { name: 'x', kind: 'input', type: 'number' },
    { name: 'model', kind: 'input', type: 'text' },
    { name: 'run (input)', kind: 'input', type: 'number' },
    { name: 'drag', kind: 'output', type: 'number' },
  ],
  rows: Array.from({ length: 30 }, (_, index) => [
    index + 1,
    index / 10,
    'abc'[index % 3]!,
    index % 2,
    index,
  ]),
} as unknown as Parameters<typeof toSweep>[0]);
const names = ['x', 'model', 'run', 'drag', 'nothing'];

test('inputs lie where they are brushed, an open end as far as there are values', () => {
  const bounds = boundsOfInputs(
    sweep,
    [
      { column: 'x', from: 0.5, to: Number.POSITIVE_INFINITY },
      { column: 'model', from: 1, to: 2 },
      { column: 'drag', from: 0, to: 3 },
    ],
    names,
  );
  expect(Object.fromEntries(bounds)).toEqual({
    x: { isChosen: true, from: 0.5, to: 2.9, values: null },
    model: { isChosen: true, texts: ['b', 'c'] },
    run: { isChosen: false, from: 0, to: 1, values: [0, 1] },
  });
});
