import { expect, test } from 'vitest';
import { atEndOfMonth, monthSoFar } from './forecast.ts';

test('a month that goes on is forecast by the part of it that is over', () => {
  const month = monthSoFar('2026-11-01', '2026-11-15', '2026-11-15')!;
  expect(atEndOfMonth(14.5, month)).toBeCloseTo(30);
  expect(atEndOfMonth(27.5, monthSoFar('2024-02-01', '2024-02-29', '2024-02-28')!)).toBeCloseTo(29);
});

test.each([
  ['2026-10-01', '2026-11-15'],
  ['2026-11-02', '2026-11-15'],
  ['2026-11-01', '2026-11-14'],
])('the time from %s to %s is not this month so far', (from, to) => {
  expect(monthSoFar(from, to, '2026-11-15')).toBeNull();
});
