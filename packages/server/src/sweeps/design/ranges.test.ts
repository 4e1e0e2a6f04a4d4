import type { ValueGeneratorType } from '@quarry/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allTexts,
  plan,
  refusedSettings,
  type VariableSettings,
  variable,
} from '../../../test/plan-harness.ts';

async function texts(type: ValueGeneratorType, settings: VariableSettings): Promise<string[]> {
  return allTexts(await plan({ jobvariables: [variable('x', type, settings)] })).flat();
}

describe('FixedRange', () => {
  it.each([
    ['1 to 10 by 1', [1, 10, 1], '1 2 3 4 5 6 7 8 9 10'],
    ['tenths without drift', [0, 1, 0.1], '0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1'],
    ['the last value that fits', [0, 1, 0.3], '0 0.3 0.6 0.9'],
    ['negative tenths', [-0.3, 0.1, 0.1], '-0.3 -0.2 -0.1 0 0.1'],
    [
      'a step that misses the end by rounding only',
      [0, 1, 0.3333333333333333],
      '0 0.3333333333333333 0.6666666666666666 1',
    ],
    [
      'a step that passes the end by rounding only',
      [0, 2, 0.6666666666666667],
      '0 0.6666666666666667 1.3333333333333335 2',
    ],
    ['one value', [5, 5, 1], '5'],
    ['a step beyond the end', [1, 2, 7], '1'],
    ['a range that is nothing beside its step', [0, 1e-12, 1], '0'],
    ['very small numbers', [1e-300, 3e-300, 1e-300], '1e-300 2e-300 3e-300'],
    ['numbers far apart', [0, 1e300, 5e299], '0 5e+299 1e+300'],
  ])('gives %s', async (_, [minvalue, maxvalue, increment], expected) => {
    expect((await texts('FixedRange', { minvalue, maxvalue, increment })).join(' ')).toBe(expected);
  });

  it('takes numbers as texts, and other words for its settings', async () => {
    expect(await texts('FixedRange', { min: ' 1e0', Max_Value: '+2.', step: '.5' })).toEqual([
      '1',
      '1.5',
      '2',
    ]);
    expect(await texts('FixedRange', { low: 1, high: 2, increment: 1, nominal: null })).toEqual(['1', '2']);
  });

  it('counts what it gives, stays inside and keeps its steps, whatever the decimals', async () => {
    const decimal = fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: 0, max: 6 }));
    const step = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 0, max: 6 }));
    const scaled = ([digits, places]: [number, number]) => Number(`${digits}e-${places}`);
    await fc.assert(
      fc.asyncProperty(decimal, fc.integer({ min: 0, max: 200 }), step, async (start, steps, size) => {
        const increment = scaled(size);
        const places = Math.max(start[1], size[1]);
        const wanted = Array.from({ length: steps + 1 }, (_, index) =>
          String(Number((scaled(start) + index * increment).toFixed(places))),
        ).map((text) => (text === '-0' ? '0' : text));
        const settings = { minvalue: scaled(start), maxvalue: Number(wanted.at(-1)), increment };
        expect(await texts('FixedRange', settings)).toEqual(wanted);
      }),
    );
  });
});

describe('Linspace', () => {
  it.each([
    ['both ends and even steps', { minvalue: 0, maxvalue: 1, count: 5 }, '0 0.25 0.5 0.75 1'],
    ['no drift', { minvalue: -1, maxvalue: 1, count: 11 }, '-1 -0.8 -0.6 -0.4 -0.2 0 0.2 0.4 0.6 0.8 1'],
    [
      'thirds to the nearest number',
      { minvalue: 0, maxvalue: 1, count: '4' },
      '0 0.3333333333333333 0.6666666666666666 1',
    ],
    ['the lower end for a count of 1', { minvalue: 2, maxvalue: 3, count: 1 }, '2'],
    ['a value again and again', { minvalue: 2, maxvalue: 2, count: 3 }, '2 2 2'],
    [
      'the widest range there is',
      { minvalue: -1.7e308, maxvalue: 1.7e308, count: 3 },
      '-1.7e+308 0 1.7e+308',
    ],
  ])('gives %s', async (_, settings, expected) => {
    expect((await texts('Linspace', settings)).join(' ')).toBe(expected);
  });
});

describe('Values', () => {
  it('gives numbers in their shortest form and texts verbatim', async () => {
    const values = [1.5, '1.50', 1e21, ' k-ω ', '', -0];
    expect(await texts('Values', { values })).toEqual(['1.5', '1.50', '1e+21', ' k-ω ', '', '0']);
  });
});

describe('FullFactorial', () => {
  it('combines all levels and values, the last variable fastest', async () => {
    const found = await plan({
      jobvariables: [
        variable('a', 'FullFactorial', { minvalue: 1, maxvalue: 3, levels: 3 }),
        variable('b', 'FullFactorial', { values: ['x', 2] }),
      ],
    });
    expect(allTexts(found).map((row) => row.join(''))).toEqual(['1x', '12', '2x', '22', '3x', '32']);
  });
});

describe('impossible settings', () => {
  it.each<[ValueGeneratorType, VariableSettings, string, RegExp]>([
    [
      'FixedRange',
      { minvalue: 2, maxvalue: 1, increment: 1 },
      'maxvalue',
      /^Ensure this value is not less than minvalue, which is 2\.$/,
    ],
    [
      'FixedRange',
      { minvalue: 1, maxvalue: 2, increment: 0 },
      'increment',
      /^Ensure this value is greater than 0\.$/,
    ],
    [
      'FixedRange',
      { minvalue: 1, maxvalue: 2, increment: -1 },
      'increment',
      /^Ensure this value is greater than 0\.$/,
    ],
    ['FixedRange', { minvalue: 1, maxvalue: 2 }, 'increment', /^This setting is required\.$/],
    [
      'FixedRange',
      { minvalue: Number.NaN, maxvalue: 2, increment: 1 },
      'minvalue',
      /^A finite number is required\.$/,
    ],
    [
      'FixedRange',
      { minvalue: '1,5', maxvalue: 2, increment: 1 },
      'minvalue',
      /^A finite number is required\.$/,
    ],
    ['FixedRange', { minvalue: 1, max: 'Infinity', increment: 1 }, 'max', /^A finite number is required\.$/],
    [
      'FixedRange',
      { minvalue: 1, maxvalue: true, increment: 1 },
      'maxvalue',
      /^A finite number is required\.$/,
    ],
    [
      'FixedRange',
      { minvalue: 0, maxvalue: 1, increment: 1e-5 },
      'increment',
      /^From 0 to 1 these are 100,001 values; a job has at most 100,000 runs\.$/,
    ],
    [
      'FixedRange',
      { minvalue: -1e308, maxvalue: 1e308, increment: 1e-300 },
      'increment',
      /these are about 1e608 values;/,
    ],
    [
      'FixedRange',
      { minvalue: 1, maxvalue: 2, increment: 1, nominal: 'x' },
      'nominal',
      /^A finite number is required\.$/,
    ],
    [
      'FixedRange',
      { minvalue: 1, min: 1, maxvalue: 2, increment: 1 },
      'min',
      /^"minvalue" and "min" are the same setting; give one\.$/,
    ],
    [
      'Linspace',
      { minvalue: 0, maxvalue: 1, count: 0 },
      'count',
      /^Ensure this value is greater than or equal to 1\.$/,
    ],
    ['Linspace', { minvalue: 0, maxvalue: 1, count: 2.5 }, 'count', /^A valid integer is required\.$/],
    [
      'Linspace',
      { minvalue: 0, maxvalue: 1, count: 1e9 },
      'count',
      /^Ensure this value is less than or equal to 100000\.$/,
    ],
    ['Linspace', { minvalue: 0, maxvalue: 1 }, 'count', /^This setting is required\.$/],
    [
      'Linspace',
      { minvalue: 0, maxvalue: 1, count: 2, increment: 1 },
      'increment',
      /^Linspace has no setting of this name; it has: minvalue, maxvalue, count, nominal\.$/,
    ],
    ['Values', {}, 'values', /^This setting is required\.$/],
    ['Values', { values: [] }, 'values', /^This list may not be empty\.$/],
    ['Values', { values: '1,2' }, 'values', /^Expected a list of numbers or texts\.$/],
    [
      'Values',
      { values: [1, null] },
      'values',
      /^Element 2 of the list is neither a finite number nor a text\.$/,
    ],
    ['Values', { values: ['a\0'] }, 'values', /^Element 1 of the list is neither/],
    [
      'Values',
      { values: new Array(100_001).fill(1) },
      'values',
      /^Ensure this field has no more than 100000 elements\.$/,
    ],
    ['Values', { values: [1], nominal: [] }, 'nominal', /^A finite number or a text is required\.$/],
    [
      'FullFactorial',
      { minvalue: 0, maxvalue: 1, levels: -1 },
      'levels',
      /^Ensure this value is greater than or equal to 1\.$/,
    ],
    [
      'FullFactorial',
      { values: [1], levels: 2 },
      'levels',
      /^FullFactorial with values has no setting of this name; it has: values, nominal\.$/,
    ],
  ])('of %s are refused: %j', async (type, settings, setting, message) => {
    expect(await refusedSettings(type, [settings])).toEqual([
      [`0.${setting}`, expect.stringMatching(message)],
    ]);
  });
});
