import type { ValueGeneratorType } from '@quarry/contract';
import { describe, expect, it } from 'vitest';
import { column, refusedSettings, sampled, type VariableSettings } from '../../../test/plan-harness.ts';
import { normalProbability } from './normal.ts';

const DRAWS = 10_000;

/**
 * The statistic of Kolmogorov and Smirnov: the largest distance between the sample and the distribution. For a
 * sample of the distribution it is below 1.95 / sqrt(n) with a probability of 0.999 (Kolmogorov 1933; table of N.
 * Smirnov, Ann. Math. Statist. 19 (1948) 279).
 */
function kolmogorovSmirnov(sample: readonly number[], probability: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let largest = 0;
  for (const [index, x] of sorted.entries()) {
    const p = probability(x);
    largest = Math.max(largest, p - index / sorted.length, (index + 1) / sorted.length - p);
  }
  return largest * Math.sqrt(sorted.length);
}

const CRITICAL = 1.95;

async function draw(type: ValueGeneratorType, settings: VariableSettings, count = DRAWS): Promise<number[]> {
  return column(await sampled(type, [{ seed: 20_261_122, ...settings }], { monteCarloIterations: count }), 0);
}

// Distribution functions as in N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions.
describe('draws', () => {
  it.each<[ValueGeneratorType, VariableSettings, (x: number) => number]>([
    ['Uniform', { minvalue: -3, maxvalue: 7 }, (x) => (x + 3) / 10],
    ['Normal', { mean: 5, stddev: 2 }, (x) => normalProbability((x - 5) / 2)],
    ['LogNormal', { mean: 1, stddev: 0.5 }, (x) => normalProbability((Math.log(x) - 1) / 0.5)],
    [
      'Triangular',
      { minvalue: 2, mode: 4, maxvalue: 10 },
      (x) => (x < 4 ? (x - 2) ** 2 / (8 * 2) : 1 - (10 - x) ** 2 / (8 * 6)),
    ],
    ['Triangular', { minvalue: 0, mode: 0, maxvalue: 1 }, (x) => 1 - (1 - x) ** 2],
    ['Triangular', { minvalue: 0, mode: 1, maxvalue: 1 }, (x) => x ** 2],
    [
      'Normal',
      { mean: 0, stddev: 1, minvalue: -1, maxvalue: 2 },
      (x) => (normalProbability(x) - normalProbability(-1)) / (normalProbability(2) - normalProbability(-1)),
    ],
    ['Normal', { mean: 0, stddev: 1, minvalue: 8 }, (x) => 1 - normalProbability(-x) / normalProbability(-8)],
    [
      'LogNormal',
      { mean: 0, stddev: 1, maxvalue: 1 },
      (x) => normalProbability(Math.log(x)) / normalProbability(0),
    ],
  ])('of %s %j follow its distribution function', async (type, settings, probability) => {
    const sample = await draw(type, settings);
    expect(sample).toHaveLength(DRAWS);
    expect(kolmogorovSmirnov(sample, probability)).toBeLessThan(CRITICAL);
  });

  it('of another distribution would be found out', async () => {
    const sample = await draw('Normal', { mean: 0.05, stddev: 1 });
    expect(kolmogorovSmirnov(sample, normalProbability)).toBeGreaterThan(CRITICAL);
  });

  // SciPy 1.17.1: truncnorm.ppf([.1,.5,.9], 0.5, 2.5, loc=0, scale=2), truncnorm.ppf([.1,.5,.9], 8, 9),
  // triang.ppf([.1,.2,.5,.9], 0.25, loc=2, scale=8), lognorm.ppf([.1,.5,.9], 0.5, scale=exp(1)).
  it.each<[ValueGeneratorType, VariableSettings, number[], number[]]>([
    ['Normal', { mean: 0, stddev: 2, min: 1, max: 5 }, [0.1, 0.5, 0.9], [1.17576995, 2.01062165, 3.58710148]],
    ['Normal', { mean: 0, stddev: 1, min: 8, max: 9 }, [0.1, 0.5, 0.9], [8.01296057, 8.0848889, 8.27860904]],
    [
      'Triangular',
      { minvalue: 2, mode: 4, maxvalue: 10 },
      [0.1, 0.2, 0.5, 0.9],
      [3.26491106, 3.78885438, 5.10102051, 7.80910977],
    ],
    ['LogNormal', { mean: 1, stddev: 0.5 }, [0.1, 0.5, 0.9], [1.43221789, Math.E, 5.15917036]],
  ])('of %s %j have the quantiles that SciPy gives', async (type, settings, parts, quantiles) => {
    const sorted = (await draw(type, settings, 100_000)).sort((a, b) => a - b);
    for (const [index, part] of parts.entries()) {
      const spread = sorted[Math.floor((part + 0.005) * 1e5)]! - sorted[Math.floor((part - 0.005) * 1e5)]!;
      expect(Math.abs(sorted[part * 1e5]! - quantiles[index]!)).toBeLessThan(spread);
    }
  });

  it('are independent between variables, also with one seed and one distribution', async () => {
    const settings = { minvalue: 0, maxvalue: 1, seed: 7 };
    const rows = await sampled('Uniform', [settings, settings, settings], { monteCarloIterations: DRAWS });
    for (const [one, other] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const product = rows.reduce((sum, row) => sum + (row[one]! - 0.5) * (row[other]! - 0.5), 0);
      // The standard deviation of a correlation of n independent pairs is 1 / sqrt(n).
      expect(Math.abs((product / DRAWS) * 12)).toBeLessThan(4 / Math.sqrt(DRAWS));
    }
  });

  it('are the same for the same seed, and others for another', async () => {
    const settings = { mean: 0, stddev: 1 };
    const first = await draw('Normal', settings, 5);
    expect(await draw('Normal', settings, 5)).toEqual(first);
    expect(await draw('Normal', { ...settings, seed: 1 }, 5)).not.toEqual(first);
    expect(await draw('Normal', { ...settings, seed: -(2 ** 53 - 1) }, 5)).not.toEqual(first);
  });

  it('of this seed are these, today and in every version to come', async () => {
    expect(await draw('Uniform', { minvalue: 0, maxvalue: 1, seed: 1 }, 3)).toMatchInlineSnapshot(`
      [
        0.6744494384634111,
        0.24511013495844536,
        0.13031017524738375,
      ]
    `);
    expect(await draw('Normal', { mean: 0, stddev: 1, seed: 1 }, 3)).toMatchInlineSnapshot(`
      [
        0.4522330195962411,
        -0.6899585248582886,
        -1.1249261010591227,
      ]
    `);
  });

  it('of a distribution without width are its one value', async () => {
    expect(await draw('Uniform', { minvalue: 0.1, maxvalue: 0.1 }, 3)).toEqual([0.1, 0.1, 0.1]);
    expect(await draw('Normal', { mean: 5, stddev: 0 }, 2)).toEqual([5, 5]);
    expect(await draw('LogNormal', { mean: 0, stddev: 0 }, 2)).toEqual([1, 1]);
    expect(await draw('Triangular', { minvalue: 3, mode: 3, maxvalue: 3 }, 2)).toEqual([3, 3]);
  });

  it('span the widest range there is', async () => {
    const sample = await draw('Uniform', { minvalue: -1.7e308, maxvalue: 1.7e308 }, 1000);
    expect(sample.every(Number.isFinite)).toBe(true);
    expect(kolmogorovSmirnov(sample, (x) => x / 1.7e308 / 2 + 0.5)).toBeLessThan(CRITICAL);
    const triangle = await draw(
      'Triangular',
      { minvalue: -1.7e308, mode: -1.7e308, maxvalue: 1.7e308 },
      1000,
    );
    expect(triangle.every(Number.isFinite)).toBe(true);
    expect(kolmogorovSmirnov(triangle, (x) => 1 - (0.5 - x / 1.7e308 / 2) ** 2)).toBeLessThan(CRITICAL);
  });

  it('may say how many there are by count, in agreement', async () => {
    expect(
      await sampled('Uniform', [
        { min: 0, max: 1, count: 3 },
        { min: 0, max: 1 },
      ]),
    ).toHaveLength(3);
    const settings = { min: 0, max: 1 };
    expect(
      await refusedSettings('Uniform', [{ ...settings, count: 3 }, settings, { ...settings, count: 4 }]),
    ).toEqual([['2.count', 'x0 says 3: all random variables of a job are drawn together.']]);
    expect(
      await refusedSettings('Uniform', [{ ...settings, count: 3 }], { monteCarloIterations: 5 }),
    ).toEqual([
      [
        '0.count',
        'monteCarloIterations of the job says 5: all random variables of a job are drawn together.',
      ],
    ]);
    expect(await refusedSettings('Uniform', [settings])).toEqual([
      ['0.count', 'Say how often to draw: monteCarloIterations on the job, or count here.'],
    ]);
  });
});

describe('impossible settings', () => {
  it.each<[ValueGeneratorType, VariableSettings, string, RegExp]>([
    [
      'Uniform',
      { minvalue: 2, maxvalue: 1 },
      'maxvalue',
      /^Ensure this value is not less than minvalue, which is 2\.$/,
    ],
    [
      'Uniform',
      { minvalue: 0, maxvalue: 1, mean: 0.5 },
      'mean',
      /^Uniform has no setting of this name; it has: minvalue, maxvalue, count, seed, nominal\.$/,
    ],
    ['Uniform', { minvalue: 0, maxvalue: 1, seed: 1.5 }, 'seed', /^A valid integer is required\.$/],
    ['Uniform', { minvalue: 0, maxvalue: 1, seed: 'x' }, 'seed', /^A finite number is required\.$/],
    ['Normal', { mean: 0 }, 'stddev', /^This setting is required\.$/],
    ['Normal', { mean: 0, sigma: -1 }, 'sigma', /^Ensure this value is greater than or equal to 0\.$/],
    [
      'Normal',
      { mean: 0, stddev: 1, minvalue: 2, maxvalue: 1 },
      'maxvalue',
      /^Ensure this value is not less than minvalue/,
    ],
    [
      'Normal',
      { mean: 0, stddev: 1, minvalue: 50 },
      'minvalue',
      /^The distribution has no values between minvalue and maxvalue\.$/,
    ],
    [
      'Normal',
      { mean: 0, stddev: 0, minvalue: 1 },
      'mean',
      /^With a stddev of 0 the mean must lie between minvalue and maxvalue\.$/,
    ],
    ['Normal', { mean: 1e308, stddev: 1e308 }, 'stddev', /^Its values would be too large for numbers\.$/],
    ['LogNormal', { mean: 0, stddev: 500 }, 'stddev', /^Its values would be too large for numbers\.$/],
    [
      'LogNormal',
      { mean: 0, stddev: 1, maxvalue: 0 },
      'maxvalue',
      /^Ensure this value is greater than 0: every value of a LogNormal is\.$/,
    ],
    ['Triangular', { minvalue: 0, maxvalue: 1 }, 'mode', /^This setting is required\.$/],
    [
      'Triangular',
      { minvalue: 0, maxvalue: 1, mode: 1.1 },
      'mode',
      /^Ensure this value is between minvalue and maxvalue, 0 and 1\.$/,
    ],
  ])('of %s are refused: %j', async (type, settings, setting, message) => {
    const found = await refusedSettings(type, [settings], { monteCarloIterations: 5 });
    expect(found).toEqual([[`0.${setting}`, expect.stringMatching(message)]]);
  });
});
