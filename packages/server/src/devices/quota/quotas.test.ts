import { expect, test } from 'vitest';
import { numbersOf } from '../../config/settings.ts';
import { askQuota } from './quota-program.ts';
import { firstFree } from './quotas.ts';

test.each<[taken: number[], free: number | null]>([
  [[], 10],
  [[10], 11],
  [[11, 12], 10],
  [[1, 10, 12], 11],
  [[10, 11, 12], null],
])('with the projects %j taken, %s is the next one of 10 to 12', (taken, free) => {
  expect(firstFree({ first: 10, last: 12 }, taken)).toBe(free);
});

test.each(['', '0-5', '9-8', '5', '1-4294967296', '-5', '1-x'])('%j is no range of projects', (text) => {
  expect(numbersOf(text)).toBeNull();
});

test('a file system without quotas of projects holds nothing, and says why', async () => {
  expect(await askQuota('probe', '/proc')).toEqual({ is: 'not held', why: expect.stringMatching(/./) });
  expect(await askQuota('probe', '/nowhere')).toMatchObject({ why: expect.stringContaining('/nowhere') });
});
