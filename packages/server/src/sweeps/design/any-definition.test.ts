import { VALUE_GENERATOR_TYPES, VARIABLE_TYPES } from '@quarry/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { often } from '../../../../contract/testing/often.ts';
import { allTexts, csv, plan, variable } from '../../../test/plan-harness.ts';
import { Problem } from '../../problems.ts';

const limits = { runsPerJob: 300, valuesPerJob: 1000, paramFileBytes: 10_000, paramFileRowBytes: 1000 };

const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
);
const anything = fc.oneof(
  number,
  number.map(String),
  fc.constantFrom(null, true, '', 'ab', 'x', Number.NaN, Number.POSITIVE_INFINITY, [], [1, 'a'], {}),
);
const words = [
  ...['minvalue', 'maxvalue', 'increment', 'count', 'mean', 'stddev', 'mode', 'seed', 'nominal', 'values'],
  ...['distribution', 'scramble', 'levels', 'generator', 'kind', 'alpha', 'centerPoints', 'secondOrder'],
  ...['trajectories', 'min', 'max', 'sigma', '__proto__', 'constructor'],
];

describe('any definition', () => {
  it('is planned or refused, whatever its settings', async () => {
    const settings = fc
      .array(fc.tuple(fc.constantFrom(...words), anything), { maxLength: 7 })
      .map((pairs) => Object.fromEntries(pairs) as Record<string, unknown>);
    const variables = fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c', 'x'),
        fc.constantFrom(...VALUE_GENERATOR_TYPES),
        settings,
        fc.constantFrom(...VARIABLE_TYPES, 'Param' as const),
      ),
      { maxLength: 4 },
    );
    const file = fc.option(fc.oneof(fc.string(), fc.constantFrom('x\n1\n', 'x,y\n1,2\n')));
    const iterations = fc.option(fc.integer({ min: 1, max: 400 }));
    await fc.assert(
      fc.asyncProperty(variables, file, iterations, fc.boolean(), async (list, text, count, nominal) => {
        const definition = {
          jobvariables: list.map(([name, type, each, variableType]) =>
            variable(name, type, each, { variableType }),
          ),
          paramFile: text === null ? null : csv(text),
          monteCarloIterations: count,
          includeNominalRun: nominal,
        };
        try {
          const found = await plan(definition, { limits });
          expect(found.count).toBeLessThanOrEqual(limits.runsPerJob);
          expect(allTexts(found).every((texts) => texts.length === found.variables.length)).toBe(true);
        } catch (error) {
          if (!(error instanceof Problem)) {
            throw error;
          }
        }
      }),
      { numRuns: often(500) },
    );
  });

  it('that is sound has the product of its counts, and finite values inside their bounds', async () => {
    const bounds = fc
      .tuple(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      )
      .map(([one, other]) => ({ minvalue: Math.min(one, other), maxvalue: Math.max(one, other) }));
    const count = fc.integer({ min: 1, max: 6 });
    const seed = fc.maxSafeInteger();
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    const triangle = fc.tuple(bounds, part).map(([range, u]) => {
      const mode = range.minvalue * (1 - u) + range.maxvalue * u;
      return { ...range, mode: Math.min(Math.max(mode, range.minvalue), range.maxvalue) };
    });
    await fc.assert(
      fc.asyncProperty(
        bounds,
        bounds,
        triangle,
        count,
        count,
        seed,
        async (one, two, three, many, levels, anySeed) => {
          const found = await plan({
            jobvariables: [
              variable('a', 'Linspace', { ...one, count: levels }),
              variable('b', 'Uniform', { ...two, count: many, seed: anySeed }, { displayOrder: 1 }),
              variable('c', 'Triangular', { ...three, seed: anySeed }, { displayOrder: 2 }),
              variable('d', 'LatinHypercube', { ...one, count: 2, seed: anySeed }, { displayOrder: 3 }),
              variable('e', 'Sobol', { ...two, count: 3, seed: anySeed }, { displayOrder: 4 }),
              variable(
                'f',
                'Halton',
                { distribution: 'Triangular', ...three, count: 2, seed: anySeed },
                { displayOrder: 5 },
              ),
            ],
          });
          expect(found.count).toBe(levels * many * 2 * 3 * 2);
          for (const texts of allTexts(found)) {
            for (const [index, { minvalue, maxvalue }] of [one, two, three, one, two, three].entries()) {
              const value = Number(texts[index]);
              expect(Number.isFinite(value) && value >= minvalue && value <= maxvalue).toBe(true);
              expect(String(value)).toBe(texts[index]);
            }
          }
        },
      ),
    );
  });
});
