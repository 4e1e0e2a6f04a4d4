import { expect, test } from 'vitest';
import { figuresOf, scaleOfBars } from './sensitivity-figures.ts';

test('inputs stand by what they do to the output, with the intervals that the method gives', () => {
  const { names, inputs } = figuresOf({
    method: 'sobol',
    inputs: [
      { name: 'small', firstOrder: 0.1, firstOrderInterval: 0.3, totalOrder: 0.2, totalOrderInterval: 0.1 },
      { name: 'large', firstOrder: 0.5, firstOrderInterval: 0.1, totalOrder: 0.9, totalOrderInterval: null },
    ],
  });
  expect(inputs.map(({ name }) => name)).toEqual(['large', 'small']);
  expect(inputs[1]!.figures).toEqual({
    totalOrder: { value: 0.2, interval: 0.1 },
    firstOrder: { value: 0.1, interval: 0.3 },
  });
  const scale = scaleOfBars(inputs, names);
  expect(scale.totalOrder).toEqual({ low: 0, high: 0.9 });
  expect(scale.firstOrder!.low).toBeCloseTo(-0.2);
  expect(scale.firstOrder!.high).toBeCloseTo(0.6);
});

test('coefficients go from -1 to 1, and what has none comes last', () => {
  const { names, inputs } = figuresOf({
    method: 'rank-correlation',
    inputs: [
      { name: 'constant', coefficient: null, pValue: null },
      { name: 'falls', coefficient: -0.8, pValue: 0.001 },
      { name: 'rises', coefficient: 0.4, pValue: 0.2 },
    ],
  });
  expect(inputs.map(({ name }) => name)).toEqual(['falls', 'rises', 'constant']);
  expect(scaleOfBars(inputs, names)).toEqual({ coefficient: { low: -1, high: 1 } });
});
