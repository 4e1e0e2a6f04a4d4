import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatMoney, formatNumber } from './numbers.ts';

test('sizes have three digits that count', () => {
  expect([0, 999, 1000, 1_536_000, 999_999, 2_100_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '1.54 MB',
    '1 MB',
    '2.1 GB',
  ]);
});

test('durations have their two largest units', () => {
  expect([0.04, 3.21, 59.6, 61, 3600, 7320, 90_061].map(formatDuration)).toEqual([
    '0 s',
    '3.2 s',
    '1 min',
    '1 min 1 s',
    '1 h',
    '2 h 2 min',
    '1 d 1 h',
  ]);
});

test('amounts below a cent are not nothing', () => {
  expect(formatMoney('13.4400', 'USD')).toBe('$13.44');
  expect(formatMoney('0.0012', 'USD')).toBe('$0.0012');
  expect(formatMoney('5', 'credits')).toBe('5 credits');
});

test('numbers below a thousand keep what counts', () => {
  expect([0.012345, 12.345, 1234.5].map(formatNumber)).toEqual(['0.0123', '12.3', '1,235']);
});

test('ages are told by the largest unit, a clock that is ahead included', () => {
  const now = new Date('2026-11-30T12:00:00Z');
  const ages = [
    '2026-11-30T12:00:03Z',
    '2026-11-30T11:58:00Z',
    '2026-11-29T11:00:00Z',
    '2026-10-01T00:00:00Z',
  ];
  expect(ages.map((date) => formatAge(new Date(date), now))).toEqual([
    'now',
    '2 min. ago',
    'yesterday',
    'Oct 1, 2026',
  ]);
});
