import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivedKey, hashKey, isMistyped, keyPrefix, newApiKey } from './keys.ts';

const SHAPE = /^qry_[0-9A-Za-z]{36}$/;

test('a new key has the shape that is promised and no equal', () => {
  const keys = Array.from({ length: 500 }, newApiKey);
  for (const key of keys) {
    expect(key).toMatch(SHAPE);
  }
  expect(new Set(keys).size).toBe(keys.length);
});

test('a key as it was given is not taken for mistyped', () => {
  expect(isMistyped(newApiKey())).toBe(false);
});

test('one wrong character anywhere behind the prefix is noticed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 39 }), fc.constantFrom(...'09AZaz'), (at, character) => {
      const key = newApiKey();
      fc.pre(key[at] !== character);
      expect(isMistyped(`${key.slice(0, at)}${character}${key.slice(at + 1)}`)).toBe(true);
    }),
  );
});

test.each([['0123456789abcdef0123456789abcdef01234567'], ['qry_short'], [''], ['eyJhbGciOi.e30.sig']])(
  'what is no key of ours is not called mistyped: %j',
  (key) => {
    expect(isMistyped(key)).toBe(false);
  },
);

test('a derived key is the same each time, and another for another purpose, id or platform', () => {
  const [secret, other] = [randomBytes(32), randomBytes(32)];
  const key = derivedKey(secret, 'job', 'AbCdEf');
  expect(key).toMatch(SHAPE);
  expect(isMistyped(key)).toBe(false);
  expect(derivedKey(secret, 'job', 'AbCdEf')).toBe(key);
  const others = [
    derivedKey(secret, 'agent', 'AbCdEf'),
    derivedKey(secret, 'job', 'AbCdEg'),
    derivedKey(other, 'job', 'AbCdEf'),
  ];
  expect(new Set([key, ...others]).size).toBe(4);
});

test('what is stored and shown of a key gives it away to nobody', () => {
  const key = newApiKey();
  expect(hashKey(key)).toMatch(/^[0-9a-f]{64}$/);
  expect(key.startsWith(keyPrefix(key))).toBe(true);
  expect(keyPrefix(key)).toHaveLength(8);
});

test('hashes in rows, and keys that agents at work carry, are made as they always were', () => {
  const secret = Buffer.alloc(32, 'a secret that nobody uses');
  expect([
    hashKey('a key that nobody has'),
    hashKey(derivedKey(secret, 'agent', 'AbCdEf')),
    hashKey(derivedKey(secret, 'job', 'AbCdEf')),
  ]).toMatchInlineSnapshot(`
    [
      "95884bcd907b33125b4969e4dd516003764b8922fb1bbff8cd977d986835beed",
      "9f48d288ddab340cac3212dcea0ecc910e41b932dbf0fbf5e455baea9ccb3791",
      "c5820a0256c5ed35381f0be29a8e95df373356c8ebac70ecfff364d7000aca21",
    ]
  `);
});
