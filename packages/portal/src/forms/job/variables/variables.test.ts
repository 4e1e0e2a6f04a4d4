import { expect, test } from 'vitest';
import {
  designable,
  needsSeeds,
  newVariable,
  samplesOf,
  settingOf,
  sharedSetting,
  type Variable,
  withDesign,
  withGenerator,
  withoutColumns,
  withoutVariable,
  withSharedSetting,
} from './variables.ts';

const sweep = (...names: string[]) =>
  names.map((name, displayOrder): Variable => ({ ...newVariable([], name), displayOrder }));

test('another generator keeps what it knows of the settings, and begins with the rest', () => {
  const [x] = withGenerator(sweep('x'), 0, 'Normal');
  expect(x).toMatchObject({
    valueGeneratorType: 'Normal',
    valueGeneratorSettings: { minvalue: 0, maxvalue: 1, mean: 0.5 },
  });
  const [back] = withGenerator([x!], 0, 'FixedRange');
  expect(back!.valueGeneratorSettings).toEqual({ minvalue: 0, maxvalue: 1, increment: 0.25 });
});

test('variables of a sample share its settings at the first of them, and others may leave it', () => {
  const variables = withDesign(sweep('x', 'y', 'z'), 'Sobol');
  const [sample] = samplesOf(variables);
  expect(sample).toEqual({ generator: 'Sobol', members: [0, 1, 2] });
  const changed = withSharedSetting(variables, sample!, 'count', 128);
  expect(changed.map((each) => settingOf(each, 'count'))).toEqual([128, undefined, undefined]);

  const left = withoutVariable(changed, 0);
  expect(sharedSetting(left, samplesOf(left)[0]!, 'count')).toBe(128);
  expect(sharedSetting(left, samplesOf(left)[0]!, 'seed')).toBe(sharedSetting(changed, sample!, 'seed'));

  const ranged = withGenerator(changed, 0, 'Linspace');
  expect(settingOf(ranged[0]!, 'seed')).toBeUndefined();
  expect(sharedSetting(ranged, samplesOf(ranged)[0]!, 'count')).toBe(128);
});

test('a seed is drawn as soon as something is, so that what is seen is what is saved', () => {
  const seedless = [
    { ...newVariable([], 'x'), valueGeneratorType: 'Halton', valueGeneratorSettings: { count: 3 } },
  ] as Variable[];
  expect(needsSeeds(seedless)).toBe(true);
  expect(needsSeeds(withDesign(seedless, 'LatinHypercube'))).toBe(false);
  const random = withDesign(sweep('x', 'y'), 'Uniform');
  expect(random.every((each) => Number.isInteger(settingOf(each, 'seed')))).toBe(true);
  expect(settingOf(random[0]!, 'seed')).not.toBe(settingOf(random[1]!, 'seed'));
});

test('settings are found under each of their names', () => {
  const variable = { name: 'x', valueGeneratorSettings: { MIN: 1, max_value: 2, sigma: 3 } };
  expect(['minvalue', 'maxvalue', 'stddev'].map((key) => settingOf(variable, key))).toEqual([1, 2, 3]);
});

test('no design is made of what a list or a file gives', () => {
  const [x, y] = sweep('x', 'y');
  const listed = withGenerator([x!], 0, 'Values')[0]!;
  const column = { ...y!, valueGeneratorType: '' };
  expect(designable([listed, column, x!])).toEqual([2]);
});

test('what a table has given goes with it', () => {
  const [x, y] = sweep('x', 'y');
  const column = { ...y!, valueGeneratorType: '' };
  const design = { ...y!, variableType: 'Design', valueGeneratorType: '' };
  expect(withoutColumns([x!, column, design], 'Param')).toEqual([x, design]);
  expect(withoutColumns([x!, column], 'Case')).toEqual([x, column]);
});
