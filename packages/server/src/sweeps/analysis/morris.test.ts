import { describe, expect, test } from 'vitest';
import { morrisMeasures, type Step } from './morris.ts';

/** A generator for tests that other languages can write down as easily: that of ANSI C. */
function randomBelow(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 16) % below;
  };
}

/** Trajectories through a grid of `levels`, each step half of them wide; points of the unit cube. */
function trajectories(inputs: number, count: number, levels: number): number[][][] {
  const random = randomBelow(12345);
  const step = levels / 2;
  return Array.from({ length: count }, () => {
    const up: boolean[] = [];
    const place: number[] = [];
    for (let input = 0; input < inputs; input++) {
      up.push(random(2) === 1);
      const low = random(levels - step);
      place.push(up[input] ? low : low + step);
    }
    const order = place.map((_, input) => input);
    for (let at = inputs - 1; at > 0; at--) {
      const other = random(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    const points = [place.map((level) => level / (levels - 1))];
    for (const input of order) {
      place[input]! += up[input] ? step : -step;
      points.push(place.map((level) => level / (levels - 1)));
    }
    return points;
  });
}

function stepsOf(paths: number[][][], model: (point: number[]) => number): Step[] {
  return paths.flatMap((points) =>
    points.slice(1).map((point, index) => {
      const before = points[index]!;
      const input = point.findIndex((value, each) => value !== before[each]);
      return { input, by: point[input]! - before[input]!, change: model(point) - model(before) };
    }),
  );
}

describe("Morris' measures", () => {
  test('of a linear function are its coefficients, without spread', () => {
    const measures = morrisMeasures(
      stepsOf(trajectories(3, 8, 4), ([x, y, z]) => 7 + 2 * x! - 5 * y! + 0 * z!),
      3,
    );
    for (const [input, slope] of [2, -5, 0].entries()) {
      const { effects, mu, muStar, muStarHalfWidth, sigma } = measures[input]!;
      expect(effects).toBe(8);
      expect(mu).toBeCloseTo(slope, 12);
      expect(muStar).toBeCloseTo(Math.abs(slope), 12);
      expect(sigma).toBeCloseTo(0, 12);
      expect(muStarHalfWidth).toBeCloseTo(0, 12);
    }
  });

  // SALib 1.6.0, analyze.morris of the same trajectories, inputs in their own units, 1000 resamples.
  test('are those of SALib', () => {
    const [low, high] = [
      [0, -1, 10],
      [1, 1, 30],
    ] as const;
    const measures = morrisMeasures(
      stepsOf(trajectories(3, 10, 4), (unit) => {
        const [a, b, c] = unit.map((share, input) => low[input]! + share * (high[input]! - low[input]!));
        return 2 * a! - 3 * b! + (4 * a! * c!) / 10 + c! ** 2 / 100;
      }),
      3,
    );
    const salib = [
      [9.2, 9.2, 2.4504975559271496, 1.4739742111471839],
      [-6, 6, 0, 0],
      [14.133333333333331, 14.133333333333331, 2.103495033990977, 1.2635573230847301],
    ];
    for (const [input, [mu, muStar, sigma, width]] of salib.entries()) {
      const measure = measures[input]!;
      expect(measure.mu).toBeCloseTo(mu!, 10);
      expect(measure.muStar).toBeCloseTo(muStar!, 10);
      expect(measure.sigma).toBeCloseTo(sigma!, 10);
      if (width === 0) {
        expect(measure.muStarHalfWidth).toBeCloseTo(0, 10);
      } else {
        expect(Math.abs(measure.muStarHalfWidth! / width! - 1)).toBeLessThan(0.1);
      }
    }
  });

  // M. Morris (1991), section 4: 1 to 7 matter and not linearly, 8 to 10 matter linearly, 11 to 20 hardly matter.
  test('tell the groups of the function of Morris apart', () => {
    const random = randomBelow(1991);
    /** Twelve uniform draws less six: nearly normal, as the paper draws the small coefficients. */
    const normal = () =>
      Array.from({ length: 12 }, () => random(32768) / 32768).reduce((sum, each) => sum + each, -6);
    const linear = Array.from({ length: 20 }, (_, i) => (i < 10 ? 20 : normal()));
    const pairs = Array.from({ length: 20 }, (_, i) =>
      Array.from({ length: 20 }, (_each, j) => (i < 6 && j < 6 ? -15 : normal())),
    );
    const morris = (x: number[]) => {
      const w = x.map(
        (value, i) => 2 * ([2, 4, 6].includes(i) ? (1.1 * value) / (value + 0.1) - 0.5 : value - 0.5),
      );
      let sum = 0;
      for (let i = 0; i < 20; i++) {
        sum += linear[i]! * w[i]!;
        for (let j = i + 1; j < 20; j++) {
          sum += pairs[i]![j]! * w[i]! * w[j]!;
          for (let l = j + 1; l < 5; l++) {
            sum += -10 * w[i]! * w[j]! * w[l]!;
            for (let s = l + 1; s < 4; s++) {
              sum += 5 * w[i]! * w[j]! * w[l]! * w[s]!;
            }
          }
        }
      }
      return sum;
    };
    const measures = morrisMeasures(stepsOf(trajectories(20, 50, 4), morris), 20);
    const nonlinear = measures.slice(0, 7);
    const linearOnes = measures.slice(7, 10);
    const rest = measures.slice(10);
    for (const { muStar, sigma } of nonlinear) {
      expect(muStar).toBeGreaterThan(20);
      expect(sigma).toBeGreaterThan(15);
    }
    for (const { muStar, mu, sigma } of linearOnes) {
      expect(Math.abs(mu! - 40)).toBeLessThan(5);
      expect(muStar).toBeCloseTo(mu!, 10);
      expect(sigma).toBeLessThan(12);
    }
    for (const { muStar, sigma } of rest) {
      expect(muStar).toBeLessThan(12);
      expect(sigma).toBeLessThan(12);
    }
  });

  test('of one effect have no spread to tell, and of none nothing', () => {
    expect(morrisMeasures([{ input: 0, by: 0.5, change: -1 }], 2)).toEqual([
      { effects: 1, mu: -2, muStar: 2, muStarHalfWidth: null, sigma: null },
      { effects: 0, mu: null, muStar: null, muStarHalfWidth: null, sigma: null },
    ]);
  });
});
