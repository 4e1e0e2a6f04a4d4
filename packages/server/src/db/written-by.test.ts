import { expect, test } from 'vitest';
import { toNumber, toVersion } from './written-by.ts';

test.each(['0.1.0', '0.2.10', '1.0.0', '12.345.678'])('%s is the same when it is read again', (version) => {
  expect(toVersion(toNumber(version))).toBe(version);
});

test('later versions are larger numbers', () => {
  const versions = ['0.0.9', '0.1.0', '0.1.1', '0.9.0', '0.10.0', '1.0.0', '1.0.1'];
  const numbers = versions.map(toNumber);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(versions.length);
});

test('of a version to come no more is kept than its numbers, and of what is none nothing', () => {
  expect(toVersion(toNumber('1.2.3-next.4'))).toBe('1.2.3');
  expect([toVersion(0), toVersion(-5), toVersion(toNumber('next')), toVersion(toNumber('1.1000.0'))]).toEqual(
    [...[null, null, null, null]],
  );
});
