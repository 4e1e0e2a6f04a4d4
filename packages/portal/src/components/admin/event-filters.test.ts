import { expect, test } from 'vitest';
import { describeDetail, filtersOf } from './event-filters.ts';

test('days are those of whoever looks, and the last one is looked at to its end', () => {
  const { since, until } = filtersOf({ since: '2026-03-01', until: '2026-03-01', verb: '', actor: 'ann' });
  expect(new Date(since!).getTime()).toBe(new Date(2026, 2, 1).getTime());
  expect(new Date(until!).getTime()).toBe(new Date(2026, 2, 2).getTime());
  expect(filtersOf({ since: 'yesterday', actor: 'ann' })).toEqual({ actor: 'ann' });
});

test('a detail is one line of bounded length', () => {
  expect(describeDetail({ fields: ['name'], role: 'admin' })).toBe('fields: ["name"], role: admin');
  expect(describeDetail({ name: 'x'.repeat(5000) }).length).toBeLessThan(310);
});
