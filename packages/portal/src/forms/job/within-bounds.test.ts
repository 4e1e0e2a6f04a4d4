import { expect, test } from 'vitest';
import type { Document } from './document.ts';
import { type InputBounds, withinBounds } from './within-bounds.ts';

const variable = (name: string, valueGeneratorType: string, valueGeneratorSettings: Document, more = {}) => ({
  ...{ name, variableType: 'Param', displayOrder: 0, valueGeneratorType, valueGeneratorSettings },
  ...more,
});
const chosen = (from: number, to: number): InputBounds => ({ isChosen: true, from, to, values: null });
const narrow = (definition: Document, bounds: Record<string, InputBounds>) =>
  withinBounds(definition, new Map(Object.entries(bounds)));

test('generators draw between the bounds, and what was not chosen stays as it was', () => {
  const jobvariables = [
    variable('x', 'LatinHypercube', { min: 0, max: 1, count: 50, seed: 3 }),
    variable('y', 'LatinHypercube', { distribution: 'Triangular', minvalue: 0, mode: 9, maxvalue: 10 }),
    variable('z', 'Linspace', { minvalue: -1, maxvalue: 1, count: 4, nominal: -1 }),
    variable('drag', '', {}, { variableType: 'Objective' }),
  ];
  const definition = { name: 'sweep', includeNominalRun: true, jobvariables };
  const made = narrow(definition, {
    x: chosen(0.2, 0.4),
    y: chosen(2, 3),
    z: { ...chosen(-1, 1), isChosen: false },
    drag: chosen(0, 1),
  });
  expect(made).toEqual({
    ...definition,
    jobvariables: [
      variable('x', 'LatinHypercube', { minvalue: 0.2, maxvalue: 0.4, count: 50, seed: 3 }),
      variable('y', 'LatinHypercube', { distribution: 'Triangular', minvalue: 2, mode: 3, maxvalue: 3 }),
      jobvariables[2],
      jobvariables[3],
    ],
  });
  expect(narrow(definition, { z: chosen(0, 1) }).jobvariables).toContainEqual(
    variable('z', 'Linspace', { minvalue: 0, maxvalue: 1, count: 4, nominal: 0 }),
  );
});

test('of values that are listed those inside are left, and a single value is one', () => {
  const definition = {
    jobvariables: [
      variable('model', 'Values', { values: ['sst', 'ke', 'les'] }),
      variable('n', 'FullFactorial', { values: [1, 2, 3, 4] }),
      variable('x', 'Linspace', { minvalue: 0, maxvalue: 1, count: 4 }),
    ],
  };
  const { jobvariables } = narrow(definition, {
    model: { isChosen: true, texts: ['ke', 'les'] },
    n: chosen(2, 3.5),
    x: chosen(0.5, 0.5),
  });
  expect(jobvariables).toEqual([
    variable('model', 'Values', { values: ['ke', 'les'] }),
    variable('n', 'FullFactorial', { values: [2, 3] }),
    variable('x', 'Values', { values: [0.5] }),
  ]);
});

test('what a table gave is generated: by what it was where that was little, else all over its bounds', () => {
  const definition = {
    paramFile: { id: 'abc' },
    jobvariables: [
      variable('angle', '', {}),
      variable('ribs', '', {}, { variableType: 'Case' }),
      variable('model', '', {}),
    ],
  };
  const made = narrow(definition, {
    angle: chosen(2, 5),
    ribs: { isChosen: false, from: 3, to: 5, values: [3, 5] },
    model: { isChosen: false, texts: ['sst'] },
  });
  expect(made.paramFile).toBeUndefined();
  expect(made.jobvariables).toMatchObject([
    {
      valueGeneratorType: 'LatinHypercube',
      valueGeneratorSettings: { minvalue: 2, maxvalue: 5, count: 20, seed: expect.any(Number) },
    },
    { variableType: 'Param', valueGeneratorType: 'Values', valueGeneratorSettings: { values: [3, 5] } },
    { valueGeneratorType: 'Values', valueGeneratorSettings: { values: ['sst'] } },
  ]);
});

test('an optimizer looks between the bounds', () => {
  const design = variable(
    'width',
    '',
    { minvalue: 0, maxvalue: 1, nominal: 0.9 },
    { variableType: 'Design' },
  );
  const definition = { optimizer: { method: 'direct' }, jobvariables: [design] };
  expect(narrow(definition, { width: chosen(0.1, 0.5) })).toEqual({
    optimizer: { method: 'direct' },
    jobvariables: [{ ...design, valueGeneratorSettings: { minvalue: 0.1, maxvalue: 0.5, nominal: 0.5 } }],
  });
});
