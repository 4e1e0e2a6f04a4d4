import { expect, test } from 'vitest';
import { formatLogTick, formatTick } from './ticks.ts';

test.each([
  [0, 1, '0'],
  [1, 1, '1'],
  [-20, 10, '−20'],
  [0.25, 0.05, '0.25'],
  [0.3, 0.1, '0.3'],
  [0.30000000000000004, 0.1, '0.3'],
  [1500, 500, '1500'],
  [0.0005, 0.0001, '5·10⁻⁴'],
  [0.00012, 0.00002, '1.2·10⁻⁴'],
  [-0.0001, 0.0001, '−1·10⁻⁴'],
  [2_500_000, 500_000, '2.5·10⁶'],
  [1e-12, 1e-12, '10⁻¹²'],
])('%f in steps of %f is %s', (value, step, text) => {
  expect(formatTick(value, step)).toBe(text);
});

test.each([
  [1, '1'],
  [0.1, '0.1'],
  [100, '100'],
  [0.001, '10⁻³'],
  [1e-9, '10⁻⁹'],
  [1e7, '10⁷'],
  [5e-4, '5·10⁻⁴'],
])('on a logarithmic axis %f is %s', (value, text) => {
  expect(formatLogTick(value)).toBe(text);
});
