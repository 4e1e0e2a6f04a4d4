import { expect, test } from 'vitest';
import { LIMITS } from '../limits.ts';
import { type BegunTry, PasswordTries } from './password-tries.ts';

/** Tries at times that pass by hand; answers null, or the seconds that somebody is to wait. */
function counter() {
  let now = 1000;
  const told: string[] = [];
  const tries = new PasswordTries({ now: () => now, onMany: (address) => told.push(address) });
  const begin = (user: string, address: string, isKnownThere = false) => {
    try {
      return tries.begin({ user, address, isKnownThere });
    } catch (error) {
      return (error as { retryAfterSeconds: number }).retryAfterSeconds;
    }
  };
  const wait = (...wanted: Parameters<typeof begin>) => {
    const answer = begin(...wanted);
    return typeof answer === 'number' ? answer : null;
  };
  return { begin, wait, told, tries, pass: (seconds: number) => (now += seconds * 1000) };
}

test('some wrong passwords are answered at once, then each waits twice as long as the one before', () => {
  const { wait, pass, told } = counter();
  for (let index = 0; index < 5; index++) {
    expect(wait('ann', '192.0.2.1')).toBeNull();
  }
  const waits: number[] = [];
  for (let index = 0; index < 12; index++) {
    const seconds = wait('ann', '192.0.2.1')!;
    waits.push(seconds);
    pass(seconds);
    expect(wait('ann', '192.0.2.1')).toBeNull();
  }
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]);
  expect(told).toEqual(['192.0.2.1']);
});

test('many at the same moment gain nothing', () => {
  const { wait } = counter();
  const answers = Array.from({ length: 1000 }, () => wait('ann', '192.0.2.1'));
  expect(answers.filter((seconds) => seconds === null)).toHaveLength(5);
});

test('who waits does so from the answer on, however long it took', () => {
  const { begin, wait, pass } = counter();
  for (let index = 0; index < 4; index++) {
    wait('ann', '192.0.2.1');
  }
  const fifth = begin('ann', '192.0.2.1') as BegunTry;
  pass(4);
  fifth.fail();
  expect(wait('ann', '192.0.2.1')).toBe(5);
});

test('a right password forgives the wrong ones for the same user at the same address', () => {
  const { begin, wait } = counter();
  for (let index = 0; index < 4; index++) {
    wait('ann', '192.0.2.1');
  }
  (begin('ann', '192.0.2.1') as BegunTry).succeed();
  expect(wait('ann', '192.0.2.1')).toBeNull();
});

test('right passwords that are looked at side by side leave nothing behind', () => {
  const { begin, wait } = counter();
  for (let round = 0; round < 100; round++) {
    const side = ['ann', 'bea', 'cem'].map((user) => begin(user, '192.0.2.1') as BegunTry);
    for (const each of side) {
      each.succeed();
    }
  }
  expect(wait('ann', '192.0.2.1')).toBeNull();
});

test('right passwords of one user do not help whoever guesses that of another from the same address', () => {
  const { begin, wait, pass } = counter();
  for (let index = 0; index < 5; index++) {
    wait('ann', '192.0.2.1');
  }
  expect(wait('ann', '192.0.2.1')).toBe(5);
  (begin('mallory', '192.0.2.1') as BegunTry).succeed();
  expect(wait('ann', '192.0.2.1')).toBe(5);
  pass(5);
  expect(wait('ann', '192.0.2.1')).toBeNull();
});

test('a user whose password is guessed from everywhere signs in where they are known', () => {
  const { wait } = counter();
  for (let host = 0; host < 100; host++) {
    wait('ann', `guesser ${host}`);
  }
  expect(wait('ann', 'somewhere new')).toBeGreaterThan(0);
  expect(wait('ann', 'at home', true)).toBeNull();
  expect(wait('bea', 'at home')).toBeNull();
});

test('100,000 wrong passwords within an hour, each from another address, are some hundred tries', () => {
  const { wait, pass, tries } = counter();
  let admitted = 0;
  for (let index = 0; index < 100_000; index++) {
    admitted += wait('ann', `address ${index}`) === null ? 1 : 0;
    pass(0.036);
  }
  expect(admitted).toBeLessThan(200);
  expect(tries.size).toBeLessThanOrEqual(LIMITS.passwordTriesKnown);
});

test('no more users and addresses are known than may be, and a quiet hour forgets all', () => {
  const { wait, pass, tries } = counter();
  for (let index = 0; index < 60_000; index++) {
    wait(`user ${index}`, `address ${index}`);
  }
  expect(tries.size).toBeLessThanOrEqual(LIMITS.passwordTriesKnown + 2);
  pass(3600);
  wait('ann', '192.0.2.1');
  expect(tries.size).toBe(3);
});
