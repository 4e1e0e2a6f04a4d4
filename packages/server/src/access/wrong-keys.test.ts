import { expect, test } from 'vitest';
import { WrongKeys } from './wrong-keys.ts';

function counter(options: { most?: number; addresses?: number } = {}) {
  let now = 1000;
  const wrong = new WrongKeys({ most: 2, windowSeconds: 60, addresses: 100, ...options, now: () => now });
  return { wrong, pass: (seconds: number) => (now += seconds * 1000) };
}

test('an address may go on until it has sent too many wrong keys, and again when the window is over', () => {
  const { wrong, pass } = counter();
  const answers = [0, 10, 10, 10, 29.5].map((seconds) => {
    pass(seconds);
    return wrong.note('192.0.2.1');
  });
  expect(answers).toEqual([
    null,
    null,
    { retryAfterSeconds: 40, isNew: true },
    { retryAfterSeconds: 30, isNew: false },
    { retryAfterSeconds: 1, isNew: false },
  ]);
  pass(0.5);
  expect(wrong.note('192.0.2.1')).toBeNull();
});

test('addresses are counted apart', () => {
  const { wrong } = counter({ most: 0 });
  expect(wrong.note('192.0.2.1')).toMatchObject({ isNew: true });
  expect(wrong.note('192.0.2.2')).toMatchObject({ isNew: true });
  expect(wrong.note('192.0.2.1')).toMatchObject({ isNew: false });
});

test('of more addresses than are remembered the one that began first is forgotten', () => {
  const { wrong } = counter({ most: 1, addresses: 3 });
  for (let host = 0; host < 10_000; host++) {
    expect(wrong.note(`address ${host}`)).toBeNull();
  }
  expect(wrong.note('address 9999')).not.toBeNull();
  expect(wrong.note('address 9996')).toBeNull();
});
