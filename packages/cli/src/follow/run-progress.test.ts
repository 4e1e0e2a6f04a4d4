import type { Job } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { RunProgress } from './run-progress.ts';

/** A clock that moves when told, and what the progress says then. */
function bench() {
  let now = 0;
  const progress = new RunProgress({ now: () => now, sleep: async () => undefined });
  return (seconds: number, ended: number, failed = 0, more: object = {}) => {
    now += seconds * 1000;
    return progress.next({
      progress: { runs: 10_000, ended, failed },
      optimizer: null,
      ...more,
    } as unknown as Job);
  };
}

test('a line tells how many runs have ended and failed, how fast, and how long it will take', () => {
  const at = bench();
  expect(at(0, 0)?.text).toBe('0 of 10,000 runs');
  expect(at(10, 1000)?.text).toBe('1,000 of 10,000 runs, 100/s, 1 min 30 s left');
  expect(at(10, 2000, 3)?.text).toBe('2,000 of 10,000 runs, 3 failed, 100/s, 1 min 20 s left');
  expect(at(80, 10_000, 3)?.text).toBe('10,000 of 10,000 runs, 3 failed');
});

test('slow runs are counted by the minute', () => {
  const at = bench();
  at(0, 0);
  expect(at(60, 6)?.text).toContain('6.0/min');
});

test('it is news now and then, and only when something has ended', () => {
  const at = bench();
  expect([at(1, 5)?.isNews, at(13, 6)?.isNews, at(2, 7)?.isNews, at(1, 8)?.isNews]).toEqual([
    false,
    false,
    true,
    false,
  ]);
  expect([at(60, 8)?.isNews, at(60, 8)?.isNews, at(1, 9)?.isNews]).toEqual([true, false, true]);
});

test('a job of one run has no such line, and an optimizer nothing that is left', () => {
  const at = bench();
  expect(at(0, 0, 0, { progress: { runs: 1, ended: 0, failed: 0 } })).toBeUndefined();
  expect(at(0, 0, 0, { progress: null })).toBeUndefined();
  expect(at(0, 3, 0, { optimizer: {} })?.text).toBe('3 runs');
});
