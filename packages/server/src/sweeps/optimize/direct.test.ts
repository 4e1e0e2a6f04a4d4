import mlDirect from 'ml-direct';
import { describe, expect, it } from 'vitest';
import { direct } from './direct.ts';

type Function = (at: ArrayLike<number>) => number;

/** A quadratic without symmetries, so that no two values are equal. */
const bowl: Function = ({ 0: a = 0, 1: b = 0, 2: c = 0 }) =>
  (a - 0.31) ** 2 + 2 * (b - 0.57) ** 2 + 3 * (c - 0.83) ** 2 + a * b * 0.7 + 1;

/** Branin's function on the unit square. */
const branin: Function = ({ 0: u = 0, 1: v = 0 }) => {
  const [x, y] = [15 * u - 5, 15 * v];
  return (
    (y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
    10
  );
};

/** The points of each iteration. */
function iterations(f: Function, dimensions: number, count: number): string[][] {
  const search = direct(dimensions);
  const found: string[][] = [];
  let round = search.next();
  while (!round.done && found.length < count) {
    found.push(round.value.map(textOf));
    round = search.next(round.value.map((at) => ({ cost: f(at), violations: [], isFeasible: true })));
  }
  return found;
}

function textOf(at: ArrayLike<number>): string {
  return Array.from(at, (x) => x.toFixed(9)).join(' ');
}

describe('DIRECT', () => {
  it.each([
    ['bowl', bowl, 3],
    ['Branin', branin, 2],
  ] as const)('evaluates the points that another implementation evaluates: %s', (_, f, dimensions) => {
    // Later the two differ in how much better than the best a box must promise to be.
    for (let count = 1; count <= 8; count++) {
      const theirs: string[] = [];
      mlDirect(
        (at) => {
          theirs.push(textOf(at));
          return f(at);
        },
        Array(dimensions).fill(0),
        Array(dimensions).fill(1),
        { iterations: count },
      );
      const ours = iterations(f, dimensions, count + 1).flat();
      expect(ours.toSorted()).toEqual(theirs.toSorted());
    }
  });

  it('begins with the centre, then a point to each side of it', () => {
    expect(iterations(bowl, 2, 2).map((points) => points.length)).toEqual([1, 4]);
    expect(iterations(bowl, 5, 2).map((points) => points.length)).toEqual([1, 10]);
  });

  it('evaluates no point twice, and comes arbitrarily near to every one', () => {
    const points = iterations(() => 1, 2, 400).flat();
    expect(new Set(points).size).toBe(points.length);
    const cells = points.map((text) =>
      text
        .split(' ')
        .map((x) => Math.floor(Number(x) * 9))
        .join(' '),
    );
    expect(new Set(cells).size).toBe(81);
  });

  it('divides few boxes of equal value at a time, as outputs with few digits have many', () => {
    const rounds = iterations((at) => Math.round(10 * bowl(at)), 2, 60);
    expect(Math.max(...rounds.map((points) => points.length))).toBeLessThan(40);
  });

  it('does the same when a constant is added to the objective or it is scaled', () => {
    const plain = iterations(branin, 2, 20);
    expect(iterations((at) => 1024 * branin(at), 2, 20)).toEqual(plain);
    expect(iterations((at) => branin(at) + 1000, 2, 20)).toEqual(plain);
  });
});
