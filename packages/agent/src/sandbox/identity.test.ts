import { expect, test } from 'vitest';
import { countsPerNamespace } from '../slots/open-slots.ts';
import { twoFreeIds } from './identity.ts';

test('the user of jobs is one that nobody else is, where all ids exist', () => {
  expect(twoFreeIds('         0          0 4294967295\n')).toBe(1_900_000_000);
});

test('in a container it is one of the last ids that there are, and not nobody', () => {
  expect(twoFreeIds('         0     100000      65536\n')).toBe(65_528);
  expect(twoFreeIds('0 1000 1\n1 100000 65536\n')).toBe(65_529);
});

test('processes are counted for each namespace from Linux 5.14 on', () => {
  expect(['4.18.0-553.el8', '5.13.19', '5.14.0-70.el9', '6.18.44-fc-v669'].map(countsPerNamespace)).toEqual([
    ...[false, false, true, true],
  ]);
});
