import { expect, test } from 'vitest';
import { Passwords } from './passwords.ts';

test('a password is right against what is kept of it, and nothing else is', async () => {
  const passwords = new Passwords();
  const kept = await passwords.hash('Größe und Weite');
  expect(kept).toMatch(/^\$argon2id\$v=19\$m=32768,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await passwords.verify('Größe und Weite', kept)).toBe(true);
  // Typed as letters with marks behind them.
  expect(await passwords.verify('Größe und Weite'.normalize('NFD'), kept)).toBe(true);
  expect(await passwords.verify('Größe und Weite ', kept)).toBe(false);
  expect(await passwords.verify('', kept)).toBe(false);
});

test('the same password is kept differently each time', async () => {
  const passwords = new Passwords();
  expect(await passwords.hash('the same')).not.toBe(await passwords.hash('the same'));
});

test('what was kept is verified by the parameters that stand in it', async () => {
  const passwords = new Passwords();
  const kept = await passwords.hash('a password');
  expect(await passwords.verify('a password', kept.replace('t=3', 't=2'))).toBe(false);
});

test('nobody’s password is never right', async () => {
  const passwords = new Passwords();
  for (const kept of [null, '', 'x', '$argon2id$v=19$m=32768,t=3,p=1$$']) {
    expect(await passwords.verify('', kept)).toBe(false);
  }
});

test('many at once wait for their turn, and too many are told to come again', async () => {
  const passwords = new Passwords();
  // Of the least cost that Argon2 has.
  const kept = `$argon2id$v=19$m=8,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  const asked = await Promise.allSettled(Array.from({ length: 110 }, () => passwords.verify('x', kept)));
  const refused = asked.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBe(8);
  expect(refused.map((each) => (each as PromiseRejectedResult).reason.code)).toEqual(
    refused.map(() => 'too_many_passwords'),
  );
});
