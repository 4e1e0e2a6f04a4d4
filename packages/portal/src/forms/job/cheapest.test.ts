import { expect, test } from 'vitest';
import { cheapestThatFits } from './cheapest.ts';

const type = (code: string, cores: number[], price: number, low: string, isActive = true) => ({
  code,
  cores,
  price,
  lowPriorityPrice: low,
  isActive,
});
const TYPES = [
  type('granite', [1, 2, 4], 0.05, '0.01'),
  type('quartz', [2, 8], 0.04, '0.02'),
  type('off', [1], 0.001, '0.001', false),
];

test('the cheapest is the one that costs least for what is asked, not by the core', () => {
  const of = (cores: number, isLowPriority = false) => cheapestThatFits(TYPES, { cores, isLowPriority });
  // One core of quartz cannot be had: two cost more than one of granite.
  expect(of(1)).toBe('granite');
  expect(of(2)).toBe('quartz');
  expect(of(3)).toBe('granite');
  expect(of(8)).toBe('quartz');
  expect(of(2, true)).toBe('granite');
  expect(of(64)).toBeNull();
});
