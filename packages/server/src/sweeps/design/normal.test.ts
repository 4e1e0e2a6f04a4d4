import { describe, expect, it } from 'vitest';
import { normalProbability, normalQuantile } from './normal.ts';

// Both tables: mpmath 1.3 with 40 digits (findroot on ncdf, and ncdf), rounded to doubles.
const QUANTILES = [
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798407],
  [1e-8, -5.612001244174789],
  [0.001, -3.0902323061678136],
  [0.025, -1.9599639845400543],
  [0.2, -0.8416212335729142],
  [0.3, -0.5244005127080408],
] as const;

const PROBABILITIES = [
  [-37, 5.725571222524577e-300],
  [-10, 7.619853024160525e-24],
  [-5.7, 5.990371401063528e-9],
  [-5.6, 1.071759025831093e-8],
  [-3, 0.0013498980316300946],
  [-1, 0.15865525393145705],
  [-0.5, 0.3085375387259869],
  [0.3, 0.6179114221889527],
  [2, 0.9772498680518208],
] as const;

const relativeError = (found: number, wanted: number) => Math.abs(found / wanted - 1);

describe('the quantile of the standard normal distribution', () => {
  it.each(QUANTILES)('of %d is exact to the last digits of a double', (probability, quantile) => {
    expect(relativeError(normalQuantile(probability), quantile)).toBeLessThan(1e-15);
  });

  it('is symmetric, and infinite at the ends', () => {
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(0.75)).toBe(-normalQuantile(0.25));
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe('the probability of the standard normal distribution', () => {
  it.each(PROBABILITIES)('below %d is exact to the last digits of a double', (x, probability) => {
    expect(relativeError(normalProbability(x), probability)).toBeLessThan(2e-15);
  });

  it('is 0, one half and 1 at the ends and between', () => {
    expect([Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY].map(normalProbability)).toEqual([
      0, 0.5, 1,
    ]);
  });

  it('is the inverse of the quantile', () => {
    for (let probability = 0.001; probability < 1; probability += 0.001) {
      expect(relativeError(normalProbability(normalQuantile(probability)), probability)).toBeLessThan(4e-15);
    }
  });
});
