import { describe, expect, test } from 'vitest';
import { pearson, ranksOf, spearman } from './correlation.ts';
import { twoSidedP } from './student-t.ts';

/** R's example of cor.test: M. Hollander and D. Wolfe (1973), p. 187, lightness of tuna and a panel's score. */
const TUNA = {
  x: Float64Array.of(44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1),
  y: Float64Array.of(2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8),
};
/** R's data set "cars": speed and stopping distance; many ties. */
const CARS = {
  x: Float64Array.of(
    ...[4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15],
    ...[15, 16, 16, 17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25],
  ),
  y: Float64Array.of(
    ...[2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26],
    ...[54, 32, 40, 32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85],
  ),
};

describe("Pearson's coefficient", () => {
  // R: cor.test(x, y) prints cor 0.5711816, p-value 0.1082.
  test('of a published sample and its probability are those of R', () => {
    const { coefficient, pValue } = pearson(TUNA.x, TUNA.y);
    expect(coefficient).toBeCloseTo(0.5711816, 7);
    expect(pValue).toBeCloseTo(0.1082, 4);
  });

  // R: cor.test(cars$speed, cars$dist) prints cor 0.8068949, p-value 1.49e-12; further digits by SciPy.
  test('has a probability that is right far out', () => {
    const { coefficient, pValue } = pearson(CARS.x, CARS.y);
    expect(coefficient).toBeCloseTo(0.8068949006892103, 14);
    expect(pValue! / 1.4898364962951124e-12).toBeCloseTo(1, 9);
  });

  test('keeps its digits for values far from zero', () => {
    const far = TUNA.x.map((value) => value + 1e9);
    expect(pearson(far, TUNA.y).coefficient).toBeCloseTo(0.5711816, 5);
  });

  test('is at most 1, and then not by chance', () => {
    expect(
      pearson(
        TUNA.x,
        TUNA.x.map((value) => 3 * value + 1),
      ),
    ).toEqual({ coefficient: 1, pValue: 0 });
    expect(
      pearson(
        TUNA.x,
        TUNA.x.map((value) => -value),
      ),
    ).toEqual({ coefficient: -1, pValue: 0 });
  });

  test('is null where nothing varies, and has no probability for two pairs', () => {
    expect(
      pearson(
        TUNA.x,
        TUNA.x.map(() => 0.1),
      ),
    ).toEqual({ coefficient: null, pValue: null });
    expect(pearson(Float64Array.of(1, 2), Float64Array.of(5, 3))).toEqual({ coefficient: -1, pValue: null });
  });
});

describe("Spearman's coefficient", () => {
  // R: cor(x, y, method = "spearman") gives 0.6; its probability by Student's t from SciPy's spearmanr.
  test('of a published sample is that of R', () => {
    const { coefficient, pValue } = spearman(TUNA.x, TUNA.y);
    expect(coefficient).toBeCloseTo(0.6, 14);
    expect(pValue).toBeCloseTo(0.08762282904140249, 12);
  });

  // R: cor(cars$speed, cars$dist, method = "spearman") gives 0.8303568.
  test('shares ranks among equal values', () => {
    expect([...ranksOf(Float64Array.of(3, 1, 3, 2, 3))]).toEqual([4, 1, 4, 2, 4]);
    const { coefficient, pValue } = spearman(CARS.x, CARS.y);
    expect(coefficient).toBeCloseTo(0.8303568388329935, 14);
    expect(pValue! / 8.824558437619758e-14).toBeCloseTo(1, 8);
  });

  test('is 1 for whatever rises', () => {
    expect(spearman(TUNA.x, TUNA.x.map(Math.exp)).coefficient).toBe(1);
  });
});

// Values by SciPy's t.sf; the third is the well-known quantile of 97.5 % for one degree of freedom.
test.each([
  [2, 1, 0.2951672353008665],
  [1, 5, 0.3632174676491229],
  [12.706204736432095, 1, 0.05],
  [0.1, 1000, 0.9203643690236041],
  [-40, 3, 3.4380680789158506e-5],
  [1e-8, 7, 0.999999992300171],
  [30, 500, 7.214288888428143e-114],
  [0, 4, 1],
  [Number.POSITIVE_INFINITY, 4, 0],
])("Student's t of %d with %d degrees of freedom is exceeded with probability %d", (t, degrees, expected) => {
  const p = twoSidedP(t, degrees);
  if (expected === 0) {
    expect(p).toBe(0);
  } else {
    expect(p / expected).toBeCloseTo(1, 9);
  }
});
