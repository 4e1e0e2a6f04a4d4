import { describe, expect, it } from 'vitest';
import { column, refusedSettings, sampled } from '../../../test/plan-harness.ts';
import { normalProbability } from './normal.ts';

const unit = { minvalue: 0, maxvalue: 1 };

describe('a Latin hypercube', () => {
  it.each([1, 2, 7, 1000])('of %d points has one in every stratum of every variable', async (count) => {
    const rows = await sampled('LatinHypercube', [
      { ...unit, count, seed: 3 },
      { distribution: 'normal', mean: 2, stddev: 3 },
      { distribution: 'LogNormal', mean: 0, stddev: 1 },
      { distribution: 'Triangular', minvalue: 0, mode: 1, maxvalue: 1 },
    ]);
    const probabilities = [
      (x: number) => x,
      (x: number) => normalProbability((x - 2) / 3),
      (x: number) => normalProbability(Math.log(x)),
      (x: number) => x * x,
    ];
    expect(rows).toHaveLength(count);
    for (const [index, probability] of probabilities.entries()) {
      const strata = column(rows, index).map((x) => Math.floor(probability(x) * count));
      expect(strata.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, stratum) => stratum));
    }
  });

  it('pairs the strata at random', async () => {
    const count = 4000;
    const rows = await sampled('LatinHypercube', [{ ...unit, count, seed: 1 }, unit]);
    const product = rows.reduce((sum, [x, y]) => sum + (x! - 0.5) * (y! - 0.5), 0);
    expect(Math.abs((product / count) * 12)).toBeLessThan(4 / Math.sqrt(count));
  });

  it('is the same for the same seed, and another for another', async () => {
    const design = (seed: number) => sampled('LatinHypercube', [{ ...unit, count: 5, seed }, unit]);
    expect(await design(1)).toEqual(await design(1));
    expect(await design(1)).not.toEqual(await design(2));
  });

  it('has one count and one seed, which any of its variables may name', async () => {
    expect(await sampled('LatinHypercube', [unit, { ...unit, count: 4 }])).toHaveLength(4);
    expect(
      await refusedSettings('LatinHypercube', [
        { ...unit, count: 4, seed: 1 },
        { ...unit, count: 5, seed: 1 },
        { ...unit, seed: 2 },
      ]),
    ).toEqual([
      ['1.count', 'x0 has 4: all variables of a LatinHypercube design share one count.'],
      ['2.seed', 'x0 has 1: all variables of a LatinHypercube design share one seed.'],
    ]);
  });

  it('is refused with settings that cannot be', async () => {
    expect(
      await refusedSettings('LatinHypercube', [
        { ...unit, distribution: 'Cauchy' },
        { ...unit, mean: 1 },
        { ...unit, distribution: 5 },
      ]),
    ).toEqual([
      [
        '0.distribution',
        '"Cauchy" is not a valid choice. Choose one of: Uniform, Normal, LogNormal, Triangular.',
      ],
      ['0.count', 'This setting is required.'],
      [
        '1.mean',
        'LatinHypercube with distribution Uniform has no setting of this name; it has: count, seed, distribution, minvalue, maxvalue, nominal.',
      ],
      ['2.distribution', 'Not a valid string.'],
    ]);
    expect(await refusedSettings('LatinHypercube', [{ ...unit, count: 0 }])).toEqual([
      ['0.count', 'Ensure this value is greater than or equal to 1.'],
    ]);
    expect(await refusedSettings('LatinHypercube', [{ ...unit, count: 1e9 }])).toEqual([
      ['0.count', 'Ensure this value is less than or equal to 100000.'],
    ]);
  });
});
