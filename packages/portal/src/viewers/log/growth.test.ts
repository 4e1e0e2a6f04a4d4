import { expect, test } from 'vitest';
import { keepFollowing } from './growth.ts';

const listener = { append: () => {}, grow: () => {}, restart: () => {} };

test('a log is followed again after it could not be', async () => {
  let tries = 0;
  const growth = async () => {
    tries++;
    if (tries < 3) {
      throw new Error('Too many wait already.');
    }
  };
  await keepFollowing(growth, listener, new AbortController().signal, 0);
  expect(tries).toBe(3);
});

test('who leaves ends it, also between two tries', async () => {
  const leave = new AbortController();
  const growth = async () => {
    setTimeout(() => leave.abort());
    throw new Error('away');
  };
  await keepFollowing(growth, listener, leave.signal, 3_600_000);
});
