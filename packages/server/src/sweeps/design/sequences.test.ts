import type { ValueGeneratorType } from '@quarry/contract';
import { describe, expect, it } from 'vitest';
import { column, refusedSettings, sampled } from '../../../test/plan-harness.ts';

const unit = { minvalue: 0, maxvalue: 1 };

function points(type: ValueGeneratorType, dimensions: number, settings: object): Promise<number[][]> {
  return sampled(
    type,
    Array.from({ length: dimensions }, () => ({ ...unit, ...settings })),
  );
}

/** The centred L2 discrepancy, squared: F. J. Hickernell, Math. Comp. 67 (1998) 299-322, equation (5.1c). */
function discrepancy(sample: readonly number[][]): number {
  const count = sample.length;
  const away = (x: number) => Math.abs(x - 0.5);
  let single = 0;
  let pairs = 0;
  for (const one of sample) {
    single += one.reduce((product, x) => product * (1 + away(x) / 2 - away(x) ** 2 / 2), 1);
    for (const other of sample) {
      pairs += one.reduce((product, x, k) => {
        const y = other[k]!;
        return product * (1 + away(x) / 2 + away(y) / 2 - Math.abs(x - y) / 2);
      }, 1);
    }
  }
  return (13 / 12) ** sample[0]!.length - (2 / count) * single + pairs / count ** 2;
}

describe("a Sobol' sequence", () => {
  // SciPy 1.17.1, qmc.Sobol(d=8, scramble=False, bits=32).random(16), which has the points that Joe and Kuo publish.
  it('without scramble has the published points', async () => {
    const found = await points('Sobol', 8, { count: 16, scramble: false });
    expect(found[0]).toEqual(new Array(8).fill(0));
    expect(found[1]).toEqual(new Array(8).fill(0.5));
    expect(found[2]).toEqual([0.75, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75]);
    expect(found[3]).toEqual([0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.25]);
    expect(found[5]).toEqual([0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375]);
    expect(found[9]).toEqual([0.6875, 0.8125, 0.4375, 0.9375, 0.0625, 0.8125, 0.9375, 0.4375]);
    expect(found[15]).toEqual([0.0625, 0.9375, 0.5625, 0.3125, 0.6875, 0.1875, 0.8125, 0.3125]);
  });

  // SciPy 1.17.1, qmc.Sobol(d=256, scramble=False, bits=32).random(2048).
  it('has the published points in 256 dimensions', async () => {
    const found = await points('Sobol', 256, { count: 2048, scramble: false });
    const some = (index: number) => [0, 1, 2, 50, 100, 199, 255].map((dimension) => found[index]![dimension]);
    expect(some(1000)).toEqual([
      0.2197265625, 0.0966796875, 0.5185546875, 0.3525390625, 0.7685546875, 0.8427734375, 0.2490234375,
    ]);
    expect(some(2047)).toEqual([
      0.00048828125, 0.62744140625, 0.93115234375, 0.76220703125, 0.56298828125, 0.09619140625, 0.47998046875,
    ]);
  });

  it('keeps, scrambled, one point in each of 2^m strata of each variable, and in each square of two', async () => {
    const count = 256;
    const found = await points('Sobol', 12, { count, seed: 5 });
    for (let dimension = 0; dimension < 12; dimension++) {
      expect(new Set(column(found, dimension).map((x) => Math.floor(x * count))).size).toBe(count);
    }
    // The first two dimensions are a (0, 2)-sequence: every elementary rectangle of area 1/256 has one point.
    for (const across of [2, 4, 16, 64]) {
      const cells = found.map(([x, y]) => `${Math.floor(x! * across)} ${Math.floor(y! * (count / across))}`);
      expect(new Set(cells).size).toBe(count);
    }
  });

  it('is, scrambled, uniform at every single point over all seeds', async () => {
    const seeds = 2000;
    const first: number[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      first.push((await points('Sobol', 1, { count: 2, seed }))[1]![0]!);
    }
    const below = (part: number) => first.filter((x) => x < part).length / seeds;
    for (const part of [0.1, 0.25, 0.5, 0.9]) {
      expect(Math.abs(below(part) - part)).toBeLessThan(4 * Math.sqrt((part * (1 - part)) / seeds));
    }
  });
});

describe('a Halton sequence', () => {
  // SciPy 1.17.1, qmc.Halton(d=5, scramble=False).random(10); the radical inverses of 9 in 2, 3, 5, 7, 11.
  it('without scramble has the published points', async () => {
    const found = await points('Halton', 5, { count: 10, scramble: 'false' });
    expect(found[1]).toEqual([1 / 2, 1 / 3, 1 / 5, 1 / 7, 1 / 11]);
    expect(found[9]).toEqual([9 / 16, 1 / 27, 21 / 25, 15 / 49, 9 / 11]);
  });

  it('keeps, scrambled, one point in each of b^m strata', async () => {
    for (const [dimension, count] of [
      [0, 256],
      [1, 243],
      [2, 125],
      [7, 19],
    ] as const) {
      const found = await points('Halton', 8, { count, seed: 11 });
      // A hair up, because sums of thirds may end just below a stratum.
      const strata = column(found, dimension).map((x) => Math.floor(x * count + 1e-9));
      expect(new Set(strata).size).toBe(count);
    }
  });
});

describe.each(['Sobol', 'Halton'] as const)('%s', (type) => {
  it.each([
    ['plain', { scramble: false }],
    ['scrambled', { seed: 1 }],
  ])('%s fills the cube better than random points by far', async (_, settings) => {
    const random = await sampled('Uniform', [unit, unit, unit], { monteCarloIterations: 256 });
    const found = await points(type, 3, { count: 256, ...settings });
    expect(discrepancy(found)).toBeLessThan(discrepancy(random) / 10);
  });

  it('is the same for the same seed, and another for another', async () => {
    const design = (seed: number) => points(type, 3, { count: 8, seed });
    expect(await design(1)).toEqual(await design(1));
    expect(await design(1)).not.toEqual(await design(2));
    expect((await design(1)).slice(0, 4)).toEqual(await points(type, 3, { count: 4, seed: 1 }));
  });

  it('maps to distributions without ends when scrambled', async () => {
    const normal = { distribution: 'Normal', mean: 0, stddev: 1 };
    const found = await sampled(type, [{ ...normal, count: 1024, seed: 4 }, normal]);
    expect(found.flat().every(Number.isFinite)).toBe(true);
    const mean = column(found, 0).reduce((sum, x) => sum + x, 0) / 1024;
    const square = column(found, 0).reduce((sum, x) => sum + x * x, 0) / 1024;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(square - 1)).toBeLessThan(0.03);
  });

  it('plain is refused for distributions without a value at 0', async () => {
    const normal = { distribution: 'Normal', mean: 0, stddev: 1 };
    expect(await refusedSettings(type, [{ ...normal, count: 8, scramble: false }, unit])).toEqual([
      [
        '0.distribution',
        'Without scramble the first point is 0, where this distribution has no value; give minvalue and maxvalue too.',
      ],
    ]);
    const cut = { ...normal, minvalue: -3, maxvalue: 3 };
    expect((await sampled(type, [{ ...cut, count: 8, scramble: false }, unit]))[0]).toEqual([-3, 0]);
  });

  it('is refused with too many variables, or settings that disagree', async () => {
    const many = Array.from({ length: 257 }, () => ({ ...unit, count: 2 }));
    expect(await refusedSettings(type, many)).toEqual([
      ['256.distribution', `A ${type} design has at most 256 variables.`],
    ]);
    expect(
      await refusedSettings(type, [
        { ...unit, count: 2, scramble: true },
        { ...unit, scramble: 'no way' },
        { ...unit, scramble: false },
      ]),
    ).toEqual([
      ['1.scramble', 'Must be a valid boolean.'],
      ['2.scramble', `x0 has true: all variables of a ${type} design share one scramble.`],
    ]);
  });
});
