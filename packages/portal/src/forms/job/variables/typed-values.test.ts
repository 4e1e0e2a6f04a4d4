import { expect, test } from 'vitest';
import { fromList, toList, toSetting } from './typed-values.ts';

test('numbers are taken with point or comma, and what is none stays for the server to refuse', () => {
  expect(['1', ' -2.5 ', '0,25', '1e-3', '', 'many', '1.2.3'].map(toSetting)).toEqual([
    1,
    -2.5,
    0.25,
    0.001,
    undefined,
    'many',
    '1.2.3',
  ]);
});

test('a list keeps texts that a number would be written otherwise', () => {
  expect(toList('1, 10.0, k-epsilon')).toEqual([1, '10.0', 'k-epsilon']);
  expect(toList('2,5; 4')).toEqual([2.5, 4]);
  expect(toList('a, b\nc')).toEqual(['a, b', 'c']);
  expect(fromList(['a, b', 'c'])).toBe('a, b\nc');
  expect(fromList([1, '10.0'])).toBe('1, 10.0');
});
