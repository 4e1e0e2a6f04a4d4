import { expect, test } from 'vitest';
import { readHours } from './hours.ts';

test.each([
  ['2', 2],
  ['1.5', 1.5],
  ['.25', 0.25],
  ['2h', 2],
  ['90m', 1.5],
  ['1h30m', 1.5],
  ['1H 30M', 1.5],
  ['45s', 0.0125],
  ['1d', 24],
  ['2d12h', 60],
  ['1:30', 1.5],
  ['1:30:00', 1.5],
  ['96:00', 96],
  ['0:00:01', 0.0003],
])('%s is %d hours', (text, hours) => {
  expect(readHours(text)).toBe(hours);
});

test('what is rounded is the same second', () => {
  for (const seconds of [1, 59, 100, 6000, 86_399, 1_000_001]) {
    expect(Math.round(readHours(`${seconds}s`)! * 3600)).toBe(seconds);
  }
});

test.each(['', 'soon', '0', '0m', '-1', '1:60', '1:2:3:4', '5x', '1h30', 'h', '1e3', '9'.repeat(40)])(
  '"%s" is no length of time',
  (text) => {
    expect(readHours(text)).toBeUndefined();
  },
);
