import { expect, test } from 'vitest';
import { stepsTo } from './steps-to.ts';

test('each directory on the way has the path that leads to it', () => {
  expect(stepsTo('')).toEqual([]);
  expect(stepsTo('/a/b c/<x>/')).toEqual([
    { name: 'a', path: 'a' },
    { name: 'b c', path: 'a/b c' },
    { name: '<x>', path: 'a/b c/<x>' },
  ]);
});
