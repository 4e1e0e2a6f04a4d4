import { expect, test } from 'vitest';
import { identify, isAlive } from './process.ts';

test('a process is told from a later one of the same number, and from one of an earlier boot of the host', () => {
  const me = identify(process.pid);
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, startTicks: '1' })).toBe(false);
  // After a reboot another process may have the same number and have been started as long after it.
  expect(isAlive({ ...me, bootId: '00000000-0000-0000-0000-000000000000' })).toBe(false);
});

test('an identity that an earlier version stored is judged by number and start time', () => {
  const { bootId: _, ...stored } = identify(process.pid);
  expect(isAlive(stored)).toBe(true);
  expect(isAlive({ ...stored, bootId: null })).toBe(true);
  expect(isAlive({ ...stored, startTicks: '1' })).toBe(false);
});
