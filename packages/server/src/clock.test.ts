import { expect, test } from 'vitest';
import { formatInstant, secondsBetween, systemClock, toInstant } from './clock.ts';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

test('instants are unique and in order, so that they can order rows', () => {
  const clock = systemClock();
  const instants = Array.from({ length: 5000 }, () => clock.now());
  expect(new Set(instants).size).toBe(instants.length);
  expect([...instants].sort()).toEqual(instants);
  for (const instant of instants) expect(instant).toMatch(INSTANT);
});

test('the clock tells the time', () => {
  expect(Math.abs(Date.parse(systemClock().now()) - Date.now())).toBeLessThan(5000);
});

test.each([
  [0, '1970-01-01T00:00:00.000000Z'],
  [1, '1970-01-01T00:00:00.000001Z'],
  [999_999, '1970-01-01T00:00:00.999999Z'],
  [1_767_603_600_120_007, '2026-01-05T09:00:00.120007Z'],
])('%i microseconds are written %s', (microseconds, text) => {
  expect(formatInstant(microseconds)).toBe(text);
});

test.each([
  ['2026-01-05', '2026-01-05T00:00:00.000000Z'],
  ['2026-01-05T10:00:00+01:00', '2026-01-05T09:00:00.000000Z'],
  ['2026-01-05T09:00:00.5Z', '2026-01-05T09:00:00.500000Z'],
])('the time %s is the instant %s', (text, instant) => {
  expect(toInstant(text)).toBe(instant);
});

test('seconds lie between instants', () => {
  expect(secondsBetween('2026-01-05T09:00:00.000000Z', '2026-01-05T09:01:30.500000Z')).toBe(90.5);
});
