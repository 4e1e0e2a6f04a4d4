import { expect, test } from 'vitest';
import { mostRelated, relatedness } from './relatedness.ts';
import type { SweepColumn } from './sweep-table.ts';

function column(name: string, values: number[]): SweepColumn {
  const present = values.filter((value) => !Number.isNaN(value));
  return {
    ...{ name, kind: 'input', values: Float64Array.from(values), categories: null, missing: 0 },
    ...{ min: Math.min(...present), max: Math.max(...present), isDiffering: true },
  };
}

const x = Array.from({ length: 101 }, (_, index) => index / 100);
const parabola = x.map((value) => 1e9 + (value - 0.5) ** 2);
const other = x.map((_, index) => (index * 37) % 101);

test('an input that makes an output rise and fall is seen as well as one that makes it rise', () => {
  expect(relatedness(column('x', x), column('y', x))).toBeGreaterThan(0.95);
  expect(relatedness(column('x', x), column('y', parabola))).toBeGreaterThan(0.9);
  expect(relatedness(column('z', other), column('y', parabola))).toBeLessThan(0.4);
  expect(
    mostRelated([column('z', other), column('x', x)], column('y', parabola)).map(({ name }) => name),
  ).toEqual(['x', 'z']);
});

test('what never varies tells nothing, and runs without a value do not count', () => {
  expect(relatedness(column('x', [1, 1]), column('y', [1, 2]))).toBe(0);
  expect(relatedness(column('x', [1, 2, 3]), column('y', [5, 5, 5]))).toBe(0);
  expect(relatedness(column('x', [0, 1, 2, 3]), column('y', [0, Number.NaN, Number.NaN, 3]))).toBeCloseTo(1);
});
