import { expect, test } from 'vitest';
import {
  convexHull,
  evaluate,
  isWithin,
  type Point,
  surfaceCells,
  type Term,
  usualDegree,
} from './surface.ts';

// 1 + 0.5 v - 0.25 v a + 2 a², as docs/sweeps.md has it.
const terms: Term[] = [
  { powers: {}, coefficient: 1 },
  { powers: { v: 1 }, coefficient: 0.5 },
  { powers: { v: 1, a: 1 }, coefficient: -0.25 },
  { powers: { a: 2 }, coefficient: 2 },
];

test('a polynomial has the value of its terms', () => {
  // numpy: 1 + 0.5*3 - 0.25*3*0.2 + 2*0.2**2
  expect(
    evaluate(
      terms,
      new Map([
        ['v', 3],
        ['a', 0.2],
      ]),
    ),
  ).toBeCloseTo(2.43, 12);
  expect(evaluate(terms, new Map())).toBe(1);
});

test('the hull of points has their outermost corners only, and knows what lies within', () => {
  const square: Point[] = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
    [1, 1],
    [1, 0],
    [0, 0],
  ];
  const hull = convexHull(square);
  expect(hull).toHaveLength(4);
  expect(isWithin(hull, [1, 1])).toBe(true);
  expect(isWithin(hull, [2, 1])).toBe(true);
  expect(isWithin(hull, [2.001, 1])).toBe(false);
  const line: Point[] = [
    [0, 0],
    [1, 1],
    [2, 2],
  ];
  expect(isWithin(convexHull(line), [0, 1])).toBe(false);
  expect(isWithin(convexHull([]), [0, 0])).toBe(false);
});

test('cells have the value in their middle, and those outside of the design are told', () => {
  const cells = surfaceCells(terms, {
    x: { name: 'v', min: 0, max: 4 },
    y: { name: 'a', min: 0, max: 2 },
    cells: 2,
    others: new Map(),
    points: [
      [0, 0],
      [4, 0],
      [0, 2],
    ],
  });
  expect(cells.map(({ x, y }) => [x, y])).toEqual([
    [1, 0.5],
    [3, 0.5],
    [1, 1.5],
    [3, 1.5],
  ]);
  expect(cells.map(({ value }) => value)).toEqual([1.875, 2.625, 5.625, 5.875]);
  expect(cells.map(({ isInside }) => isInside)).toEqual([true, true, true, false]);
});

test('a quadratic is asked for only where the runs and the server allow one', () => {
  expect(usualDegree(6, 28)).toBe(2);
  expect(usualDegree(6, 27)).toBe(1);
  expect(usualDegree(22, 10_000)).toBe(2);
  expect(usualDegree(30, 10_000)).toBe(1);
});
