import { expect, test } from 'vitest';
import { readNumbers, writeNumbers } from './run-numbers.ts';

test.each([
  [[1], '1'],
  [[2, 5, 7, 8, 9], '2,5,7-9'],
  [[1, 2, 3, 99_999, 100_000], '1-3,99999-100000'],
])('numbers %j become %s and are read again', (numbers, text) => {
  expect(writeNumbers(numbers)).toBe(text);
  expect(readNumbers(text)).toEqual(numbers);
});
