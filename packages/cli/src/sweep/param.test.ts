import { describe, expect, test } from 'vitest';
import { parseBest, parseConstraint, readOptimizer } from './objective.ts';
import { type Param, parseParam } from './param.ts';
import { parseSample, type Sample } from './sample.ts';

describe('--param', () => {
  test.each<[given: string, param: Param]>([
    ['x=0:10:0.5', { name: 'x', kind: 'steps', min: 0, max: 10, step: 0.5 }],
    ['x=-1.5e3:-5:.5@-7', { name: 'x', kind: 'steps', min: -1500, max: -5, step: 0.5, nominal: -7 }],
    ['x=0..10/21', { name: 'x', kind: 'spaced', min: 0, max: 10, count: 21 }],
    ['x=10..0/3@5', { name: 'x', kind: 'spaced', min: 10, max: 0, count: 3, nominal: 5 }],
    ['x=0:10', { name: 'x', kind: 'range', min: 0, max: 10 }],
    ['x=0:10@4', { name: 'x', kind: 'range', min: 0, max: 10, nominal: 4 }],
    ['x=1,2.5,-4', { name: 'x', kind: 'values', values: [1, 2.5, -4] }],
    ['steel=S235, S355', { name: 'steel', kind: 'values', values: ['S235', 'S355'] }],
    ['case=12:30,', { name: 'case', kind: 'values', values: ['12:30'] }],
    ['x=7', { name: 'x', kind: 'values', values: [7] }],
    ['file=a=b', { name: 'file', kind: 'values', values: ['a=b'] }],
    ['mail=me@lab', { name: 'mail', kind: 'values', values: ['me@lab'] }],
    ['_x1~normal:0:1', { name: '_x1', kind: 'distribution', word: 'normal', numbers: [0, 1] }],
    ['x~Uniform:-1:1@0', { name: 'x', kind: 'distribution', word: 'uniform', numbers: [-1, 1], nominal: 0 }],
    ['x~triangular:0:1:4', { name: 'x', kind: 'distribution', word: 'triangular', numbers: [0, 1, 4] }],
    ['x~lognormal:0:0.25', { name: 'x', kind: 'distribution', word: 'lognormal', numbers: [0, 0.25] }],
  ])('%s is read', (given, param) => {
    expect(parseParam(given)).toEqual(param);
  });

  test('keeps numbers as they are written where their digits say more than their value', () => {
    expect(parseParam('n=007,1.50,1e3,2').kind === 'values' && parseParam('n=007,1.50,1e3,2')).toMatchObject({
      values: ['007', '1.50', '1e3', 2],
    });
  });

  test.each([
    ['x', 'has neither "=" nor "~" behind its name'],
    ['=1,2', 'has no good name'],
    ['1x=1,2', 'has no good name'],
    ['a-b=1,2', 'has no good name'],
    ['x=', 'has no values'],
    ['x=10:0', 'goes from 10 down to 0; write the smaller number first'],
    ['x=0:10:0', 'has a step that is not above 0'],
    ['x=0:10:-1', 'has a step that is not above 0'],
    ['x=0:1:2:3', 'is neither numbers separated by ":"'],
    ['x=a:b', 'is neither numbers separated by ":"'],
    ['x=0:1e999', 'is neither numbers separated by ":"'],
    ['x=0..10/0', 'asks for no value at all'],
    ['x=1,,2', 'has an empty value in its list'],
    ['x=,', 'has an empty value in its list'],
    ['x~norml:0:1', 'names no distribution that there is; did you mean normal?'],
    ['x~normal:0', 'needs 2 numbers behind normal: mean, stddev'],
    ['x~normal:0:one', 'needs 2 numbers behind normal: mean, stddev'],
  ])('%s is refused, and it is said how parameters are written', (given, why) => {
    let error: unknown;
    try {
      parseParam(given);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ exitCode: 2, hint: expect.stringContaining('x=0:10:0.5 (from:to:step)') });
    expect(String(error)).toContain(`--param ${given} ${why}`);
  });
});

describe('--sample', () => {
  test.each<[given: string, sample: Sample]>([
    ['lhs:200', { design: 'lhs', count: 200 }],
    ['SOBOL:256', { design: 'sobol', count: 256 }],
    ['halton:3', { design: 'halton', count: 3 }],
    ['random:1', { design: 'random', count: 1 }],
    ['saltelli:64', { design: 'saltelli', count: 64, secondOrder: false }],
    ['saltelli:64:second', { design: 'saltelli', count: 64, secondOrder: true }],
    ['morris:10', { design: 'morris', trajectories: 10 }],
    ['morris:10:6', { design: 'morris', trajectories: 10, levels: 6 }],
    ['factorial:3', { design: 'factorial', levels: 3 }],
    ['fractional:d=abc, e=-ab', { design: 'fractional', generators: { d: 'abc', e: '-ab' } }],
    ['fractional:4', { design: 'fractional', resolution: 4 }],
    ['ccd', { design: 'ccd' }],
    ['ccd:faced', { design: 'ccd', variant: 'faced' }],
  ])('%s is read', (given, sample) => {
    expect(parseSample(given)).toEqual(sample);
  });

  test.each([
    ['sobl:200', 'names no design that there is. Did you mean sobol?'],
    ['lhs', 'is not written as lhs:N.'],
    ['lhs:0', 'is not written as lhs:N.'],
    ['lhs:1.5', 'is not written as lhs:N.'],
    ['lhs:10:2', 'is not written as lhs:N.'],
    ['saltelli:10:third', 'is not written as saltelli:N[:second].'],
    ['morris:10:many', 'is not written as morris:N[:LEVELS].'],
    ['fractional', 'is not written as fractional:RESOLUTION.'],
    ['fractional:d', 'is not written as fractional:RESOLUTION.'],
    ['ccd:round', 'is not written as ccd[:circumscribed|inscribed|faced].'],
  ])('%s is refused with the designs that there are', (given, why) => {
    expect(() => parseSample(given)).toThrow(`--sample ${given} ${why}`);
  });
});

describe('what outputs decide', () => {
  test.each([
    ['mass<=2.5', { name: 'mass', min: null, max: 2.5 }],
    ['mass < 2', { name: 'mass', min: null, max: 2 }],
    ['lift>=-1e3', { name: 'lift', min: -1000, max: null }],
    [' max stress >1', { name: 'max stress', min: 1, max: null }],
  ])('the bound %j is read', (given, constraint) => {
    expect(parseConstraint(given)).toEqual(constraint);
  });

  test.each(['mass', 'mass<=', '<=2', 'mass=2', 'mass<=two'])('the bound %j is refused', (given) => {
    expect(() => parseConstraint(given)).toThrow('is not written as NAME<=NUMBER or NAME>=NUMBER');
  });

  test.each([
    ['Cd', { name: 'Cd', goal: 'minimize' }],
    ['Cd:min', { name: 'Cd', goal: 'minimize' }],
    ['Cl:max', { name: 'Cl', goal: 'maximize' }],
  ])('the best by %s are told', (given, objective) => {
    expect(parseBest(given)).toEqual(objective);
  });

  const nothing = {
    minimize: undefined,
    maximize: undefined,
    constraint: [],
    maxRuns: undefined,
    target: undefined,
    tolerance: undefined,
    method: undefined,
  };

  test('an optimizer has what was said of it and nothing else', () => {
    expect(readOptimizer(nothing)).toBeUndefined();
    expect(readOptimizer({ ...nothing, maximize: 'Cl' })).toEqual({
      objective: { name: 'Cl', goal: 'maximize' },
      constraints: [],
    });
    const said = {
      minimize: 'mass',
      constraint: ['s<=2'],
      maxRuns: 50,
      target: 0,
      method: 'nelder-mead' as const,
    };
    expect(readOptimizer({ ...nothing, ...said })).toEqual({
      objective: { name: 'mass', goal: 'minimize' },
      constraints: [{ name: 's', min: null, max: 2 }],
      method: 'nelder-mead',
      maxRuns: 50,
      target: 0,
    });
  });

  test('two objectives, and bounds without any, are refused', () => {
    expect(() => readOptimizer({ ...nothing, minimize: 'a', maximize: 'b' })).toThrow('not both');
    expect(() => readOptimizer({ ...nothing, constraint: ['a<1'], target: 0 })).toThrow(
      '--constraint, --target belongs to an optimization.',
    );
  });
});
