import { expect, test } from 'vitest';
import { isDue } from './schedule.ts';

const at = (minute: number) => `2026-01-05T09:${String(minute).padStart(2, '0')}:00.000000Z`;

test.each([
  ['before the time since the start is over', { startedAt: at(0), lastAt: null }, at(9), false],
  ['when it is over', { startedAt: at(0), lastAt: null }, at(10), true],
  ['since the last one', { startedAt: at(0), lastAt: at(10) }, at(15), false],
  ['long after it, once', { startedAt: at(0), lastAt: at(10) }, at(59), true],
  ['of the attempt before counts no more', { startedAt: at(20), lastAt: at(10) }, at(25), false],
])('a snapshot is due: %s', (_, run, now, expected) => {
  expect(isDue({ everyMinutes: 10, ...run }, now)).toBe(expected);
});
