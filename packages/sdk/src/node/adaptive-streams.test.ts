/** The number of streams on links that are computed, not timed: each has a clock of its own. */
import { expect, test } from 'vitest';
import { StreamCount } from './adaptive-streams.ts';

interface Link {
  /** Bytes per millisecond of one connection, and of all of them together. */
  perStream: number;
  total: number;
}

/** Moves bytes for so many milliseconds; answers how many streams were wanted at each. */
function run(
  milliseconds: number,
  linkAt: (now: number) => Link,
  options: { max?: number; exactly?: number } = {},
): number[] {
  let now = 0;
  let bytes = 0;
  const count = new StreamCount({ ...options, now: () => now });
  const seen: number[] = [];
  for (; now < milliseconds; now += 20) {
    const { perStream, total } = linkAt(now);
    bytes += 20 * Math.min(count.wanted * perStream, total);
    seen.push(count.tick(bytes));
  }
  return seen;
}

test('a link that caps each connection gets as many streams as are allowed, in a few seconds', () => {
  const seen = run(4_000, () => ({ perStream: 8_400, total: 1_000_000 }), { max: 16 });
  expect(seen[0]).toBe(2);
  expect(seen.at(-1)).toBe(16);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

test('a link that one stream fills is tried with more and goes back to few', () => {
  const seen = run(4_000, () => ({ perStream: 100_000, total: 100_000 }));
  expect(seen.at(-1)).toBe(2);
  expect(Math.max(...seen)).toBe(4);
});

test('it stops where twice as many bring little more', () => {
  // Five connections fill this link: eight bring a quarter more than four, sixteen nothing.
  const seen = run(6_000, () => ({ perStream: 10_000, total: 51_000 }));
  expect(seen.at(-1)).toBe(8);
});

test('attempts in vain become rare', () => {
  const seen = run(120_000, () => ({ perStream: 100_000, total: 100_000 }));
  const attempts = seen.filter((wanted, index) => wanted > (seen[index - 1] ?? wanted)).length;
  expect(attempts).toBeGreaterThan(2);
  expect(attempts).toBeLessThan(8);
});

test('a link that changes is found out', () => {
  const seen = run(60_000, (now) => ({ perStream: 10_000, total: now < 3_000 ? 10_000 : 1_000_000 }));
  expect(seen[2_900 / 20]).toBeLessThanOrEqual(4);
  expect(seen.at(-1)).toBe(16);
});

test('while nothing moves nothing is added', () => {
  expect(Math.max(...run(20_000, () => ({ perStream: 0, total: 0 })))).toBe(2);
});

test('an exact number stays, and no maximum is passed', () => {
  expect(new Set(run(10_000, () => ({ perStream: 1, total: 1e9 }), { exactly: 5, max: 3 }))).toEqual(
    new Set([5]),
  );
  expect(Math.max(...run(10_000, () => ({ perStream: 1, total: 1e9 }), { max: 3 }))).toBe(3);
  expect(new StreamCount({ max: 0 }).wanted).toBe(1);
});

test('a caller that ticks rarely gets there too', () => {
  let now = 0;
  const count = new StreamCount({ now: () => now });
  let bytes = 0;
  for (; now < 30_000; now += 1_500) {
    bytes += 1_500 * count.wanted * 8_400;
    count.tick(bytes);
  }
  expect(count.wanted).toBe(16);
});

test('a server that refuses gets half of them, once for all that it refuses together', () => {
  let now = 0;
  const count = new StreamCount({ max: 16, now: () => now });
  let bytes = 0;
  for (; count.wanted < 16; now += 20) {
    bytes += 20 * count.wanted;
    count.tick(bytes);
  }
  for (const _refusal of [1, 2, 3]) {
    count.refused();
  }
  expect(count.wanted).toBe(8);
  for (const until = now + 30_000; now < until; now += 20) {
    bytes += 20 * count.wanted;
    expect(count.tick(bytes)).toBe(8);
  }
  const fixed = new StreamCount({ exactly: 4 });
  fixed.refused();
  expect(fixed.wanted).toBe(4);
});
