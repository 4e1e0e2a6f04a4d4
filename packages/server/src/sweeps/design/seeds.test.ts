import type { ValueGeneratorType } from '@quarry/contract';
import { describe, expect, it } from 'vitest';
import { allTexts, plan, variable } from '../../../test/plan-harness.ts';
import { fillSeeds } from './seeds.ts';

const seedsOf = (variables: ReturnType<typeof fillSeeds>) =>
  variables.map(({ valueGeneratorSettings }) => valueGeneratorSettings.seed);

function counter(): () => number {
  let last = 0;
  return () => ++last;
}

describe('seeds', () => {
  it('are drawn for each random variable that has none, and kept where there is one', () => {
    const given = [
      variable('a', 'Uniform', { minvalue: 0 }),
      variable('b', 'Normal', { seed: 77 }),
      variable('c', 'Normal', { seed: null }),
      variable('d', 'Triangular', { Seed: 'wrong' }),
    ];
    expect(seedsOf(fillSeeds(given, counter()))).toEqual([1, 77, 2, undefined]);
    expect(given[0]!.valueGeneratorSettings).toEqual({ minvalue: 0 });
  });

  it('are one for each joint design', () => {
    const types: ValueGeneratorType[] = ['LatinHypercube', 'Sobol', 'Halton', 'Saltelli', 'Morris'];
    const given = [...types, ...types].map((type, index) => variable(`x${index}`, type));
    expect(seedsOf(fillSeeds(given, counter()))).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    const last = [variable('a', 'Sobol'), variable('b', 'Sobol', { seed: 9 })];
    expect(seedsOf(fillSeeds(last, counter()))).toEqual([9, 9]);
  });

  it('are not for what leaves nothing to chance', () => {
    const given = [
      variable('a', ''),
      variable('b', 'Linspace'),
      variable('c', 'FullFactorial'),
      variable('d', 'CentralComposite'),
      variable('e', 'FractionalFactorial'),
    ];
    expect(fillSeeds(given)).toEqual(given);
  });

  it('make a definition plan the same every time', async () => {
    const jobvariables = fillSeeds([
      variable('a', 'LatinHypercube', { minvalue: 0, maxvalue: 1, count: 3 }),
      variable('b', 'Normal', { mean: 0, stddev: 1, count: 2 }),
    ]);
    const first = allTexts(await plan({ jobvariables }));
    expect(allTexts(await plan({ jobvariables: fillSeeds(jobvariables) }))).toEqual(first);
    const again = fillSeeds(
      jobvariables.map((each) => ({
        ...each,
        valueGeneratorSettings: { ...each.valueGeneratorSettings, seed: null },
      })),
    );
    expect(allTexts(await plan({ jobvariables: again }))).not.toEqual(first);
  });
});
