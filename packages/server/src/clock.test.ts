import { expect, test } from 'vitest';
import { after, formatInstant, secondsBetween, systemClock, toInstant } from './clock.ts';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

test('instants are unique and in order, so that they can order rows', () => {
  const clock = systemClock();
  const instants = Array.from({ length: 5000 }, () => clock.now());
  expect(new Set(instants).size).toBe(instants.length);
  expect([...instants].sort()).toEqual(instants);
  for (const instant of instants) {
    expect(instant).toMatch(INSTANT);
  }
});

test('the clock tells the time', () => {
  expect(Math.abs(Date.parse(systemClock().now()) - Date.now())).toBeLessThan(5000);
});

/** A host whose clocks the test sets. */
function host() {
  const time = { wall: Date.parse('2026-01-05T09:00:00Z'), monotonic: 5000.25, uptime: 80_000 };
  return {
    time,
    work: (ms: number) => {
      time.wall += ms;
      time.monotonic += ms;
      time.uptime += ms;
    },
    clock: systemClock({
      wall: () => time.wall,
      monotonic: () => time.monotonic,
      uptime: () => Math.floor(time.uptime / 10) * 10,
    }),
  };
}
const TWO_DAYS_MS = 2 * 86_400_000;

test.each([TWO_DAYS_MS, -TWO_DAYS_MS])(
  'a wall clock that is set by %i ms changes no duration, and is told',
  (step) => {
    const { clock, time, work } = host();
    const before = clock.now();
    time.wall += step;
    work(90_500);
    expect(secondsBetween(before, clock.now())).toBe(90.5);
    expect(clock.aheadMs()).toBe(step);
  },
);

test('time goes on while the host is suspended', () => {
  const { clock, time, work } = host();
  const before = clock.now();
  for (const hours of [8, 1]) {
    time.wall += hours * 3600_000;
    time.uptime += hours * 3600_000;
    work(1000);
  }
  expect(secondsBetween(before, clock.now())).toBe(9 * 3600 + 2);
  expect(clock.aheadMs()).toBe(0);
  work(10);
  expect(secondsBetween(before, clock.now())).toBe(9 * 3600 + 2.01);
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

test.each([
  ['2026-01-05T09:00:00.120007Z', '2026-01-05T09:00:00.120007Z', '2026-01-05T09:00:00.120008Z'],
  ['2026-01-05T09:00:00.120999Z', '2026-01-03T09:00:00.000000Z', '2026-01-05T09:00:00.121000Z'],
  ['2026-01-05T09:00:00.120999Z', '2026-01-05T09:00:00.121000Z', '2026-01-05T09:00:00.121000Z'],
  [null, '2026-01-03T09:00:00.000000Z', '2026-01-03T09:00:00.000000Z'],
])('after %s the instant %s is %s', (earlier, instant, expected) => {
  expect(after(earlier, instant)).toBe(expected);
});

test('seconds lie between instants', () => {
  expect(secondsBetween('2026-01-05T09:00:00.000000Z', '2026-01-05T09:01:30.500000Z')).toBe(90.5);
});
