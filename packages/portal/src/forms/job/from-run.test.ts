import { expect, test } from 'vitest';
import { withValuesOfRun } from './from-run.ts';

const variable = (name: string, variableType: string, generator = 'Uniform') => ({
  name,
  variableType,
  displayOrder: 0,
  valueGeneratorType: generator,
  valueGeneratorSettings: { minvalue: 0, maxvalue: 1, seed: 7 },
});
const value = (name: string, displayValue: string) => ({
  name,
  value: Number.isFinite(Number(displayValue)) ? Number(displayValue) : null,
  displayValue,
  isRelative: false,
});

test('a run becomes a job of its own: each variable has the one value that it had there, to the letter', () => {
  const definition = {
    name: 'sweep',
    optimizer: { method: 'direct' },
    paramFile: { id: 'abc' },
    caseFile: { id: 'def' },
    monteCarloIterations: 100,
    includeNominalRun: true,
    retryPolicy: { maxRetries: 2 },
    jobvariables: [
      variable('x', 'Param'),
      variable('width', 'Design', ''),
      variable('model', 'Case', ''),
      variable('angle', 'Param', ''),
      variable('drag', 'Objective', ''),
    ],
  };
  const run = {
    variables: [
      value('x', '0.25'),
      value('width', '1e-7'),
      value('model', 'k-omega, SST'),
      value('angle', '10.0'),
      value('drag', '0.3'),
    ],
  };
  const made = withValuesOfRun(definition, run);
  const one = (name: string, given: unknown) => ({
    ...variable(name, 'Param', 'Values'),
    valueGeneratorSettings: { values: [given] },
  });
  expect(made).toEqual({
    name: 'sweep',
    retryPolicy: { maxRetries: 2 },
    jobvariables: [
      one('x', 0.25),
      one('width', 1e-7),
      one('model', 'k-omega, SST'),
      one('angle', '10.0'),
      variable('drag', 'Objective', ''),
    ],
  });
});
