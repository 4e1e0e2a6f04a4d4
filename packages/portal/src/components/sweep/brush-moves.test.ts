import { expect, test } from 'vitest';
import { createScale } from '../../viewers/sweep/axis-scale.ts';
import { brushOf, gripAt, moveByKey, moveGrip, spanOf } from './brush-moves.ts';
import { chooseAxes, moveAxis, type ShownAxis, tellValue } from './shown-axes.ts';
import type { Sweep, SweepColumn } from './sweep-table.ts';

function axis(values: number[], categories: string[] | null = null, isFlipped = false): ShownAxis {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const data: SweepColumn = {
    ...{ name: 'x', kind: 'input', values: Float64Array.from(values), categories, min, max },
    ...{ isDiffering: true, missing: 0 },
  };
  const choice = { column: 'x', scale: 'linear' as const, isFlipped };
  return { choice, data, scale: createScale(data, 'linear', isFlipped) };
}

test('a brush selects round values, and is open where it reaches an end of the axis', () => {
  const x = axis([0, 1 / 3, 10]);
  expect(brushOf(x, [0.123456, 0.5])).toEqual({ from: 1.235, to: 5 });
  expect(brushOf(x, [0.5, 1])).toEqual({ from: 5, to: Number.POSITIVE_INFINITY });
  expect(brushOf(axis([0, 10], null, true), [0.5, 1])).toEqual({ from: Number.NEGATIVE_INFINITY, to: 5 });
  // One of everything still parts the runs that have a value from those that have none.
  expect(brushOf(x, [0, 1])).toEqual({ from: 0, to: 10 });
});

test('a brush stands where its values are, whichever way the axis is turned', () => {
  expect(spanOf(axis([0, 10]), { from: 2, to: Number.POSITIVE_INFINITY })).toEqual([0.2, 1]);
  expect(spanOf(axis([0, 10], null, true), { from: 2, to: Number.POSITIVE_INFINITY })).toEqual([0, 0.8]);
  expect(spanOf(axis([0, 10]), { from: -50, to: 50 })).toEqual([0, 1]);
});

test('a brush on texts takes those that it touches by half', () => {
  const models = axis([0, 1, 2], ['a', 'b', 'c']);
  expect(brushOf(models, [0.4, 0.6])).toEqual({ from: 1, to: 1 });
  expect(brushOf(models, [0.7, 1])).toEqual({ from: 1, to: 2 });
});

test('keys begin, move, size and remove a brush, and never push it over an end', () => {
  expect(moveByKey(null, 'ArrowUp', false)).toEqual([0.4, 0.6]);
  expect(moveByKey([0.5, 0.99], 'PageUp', false)).toEqual([0.51, 1]);
  expect(moveByKey([0.01, 0.5], 'ArrowDown', false)).toEqual([0, 0.49]);
  expect(moveByKey([0.2, 0.5], 'ArrowUp', true)).toEqual([0.2, 0.52]);
  expect(moveByKey([0.2, 0.21], 'PageDown', true)).toEqual([0.2, 0.2]);
  expect(moveByKey([0.2, 0.5], 'Delete', false)).toBeNull();
  expect(moveByKey(null, 'Delete', false)).toBeUndefined();
  expect(moveByKey([0.2, 0.5], 'x', false)).toBeUndefined();
});

test('a pointer makes a brush, takes it by an end, or moves it as a whole', () => {
  expect(moveGrip(gripAt(null, 0.7, 0.02), 0.2)).toEqual([0.2, 0.7]);
  expect(moveGrip(gripAt([0.3, 0.6], 0.61, 0.02), 0.1)).toEqual([0.1, 0.3]);
  expect(moveGrip(gripAt([0.3, 0.6], 0.31, 0.02), 0.5)).toEqual([0.5, 0.6]);
  const [low, high] = moveGrip(gripAt([0.3, 0.6], 0.5, 0.02), 1.5);
  expect([low, high]).toEqual([0.7, 1]);
});

test('columns that differ have an axis, the output last, until others are chosen', () => {
  const column = (name: string, kind: SweepColumn['kind'], isDiffering = true) =>
    ({ name, kind, isDiffering }) as SweepColumn;
  const columns = [
    column('run', 'run'),
    column('a', 'input'),
    column('same', 'input', false),
    column('lift', 'output'),
    column('drag', 'output'),
  ];
  const sweep = { columns, byName: new Map(columns.map((each) => [each.name, each])) } as unknown as Sweep;
  const names = (...chosen: Parameters<typeof chooseAxes>) =>
    chooseAxes(...chosen).map((each) => each.column);
  expect(names(sweep, null, 'lift')).toEqual(['a', 'drag', 'lift']);
  const chosen = ['same', 'gone'].map((each) => ({ column: each, scale: 'log' as const, isFlipped: true }));
  expect(chooseAxes(sweep, chosen, 'lift')).toEqual([{ column: 'same', scale: 'log', isFlipped: true }]);
  expect(names(sweep, chosen.slice(1), 'lift')).toEqual(['a', 'drag', 'lift']);
  const axes = chooseAxes(sweep, null, 'lift');
  expect(moveAxis(axes, 'lift', 0).map((each) => each.column)).toEqual(['lift', 'a', 'drag']);
});

test('values are told with the digits that count', () => {
  const number = { categories: null };
  expect(
    [0.1 + 0.2, 12_345.678, 1.5e9, 0.000012, 0, -4, Number.NaN].map((value) => tellValue(number, value)),
  ).toEqual(['0.3', '12345.7', '1.5e9', '1.2e-5', '0', '-4', '']);
  expect(tellValue({ categories: ['a', 'b'] }, 1)).toBe('b');
});
