import { expect, test } from 'vitest';
import { Blocks } from '../blocks.ts';
import { LineNumbers } from './line-numbers.ts';

const LINES = 400_000;

/** A file of as many lines, some 11 MB, line n beginning with n: a thousand of them have 27 kB. */
async function openFile() {
  const starts: number[] = [];
  let text = '';
  const parts: string[] = [];
  let length = 0;
  for (let number = 1; number <= LINES; number += 1) {
    starts.push(length);
    const line = `${number} ${'z'.repeat(number % 40)}\n`;
    length += line.length;
    parts.push(line);
  }
  text = parts.join('');
  const bytes = new TextEncoder().encode(text);
  let reads = 0;
  const blocks = new Blocks({
    key: 'file',
    read: async (start, end) => {
      reads += 1;
      return { bytes: bytes.slice(start, end), size: bytes.length };
    },
  });
  await blocks.measure();
  const startOf = (number: number) => starts[number - 1]!;
  return { blocks, startOf, reads: () => reads, numbers: new LineNumbers(blocks) };
}

test('a line near the beginning, or near one that was counted, has its number', async () => {
  const { numbers, startOf } = await openFile();
  expect(await numbers.at(0)).toEqual({ number: 1, isExact: true });
  for (const number of [2, 20_000, 50_000, 80_000, 110_000]) {
    expect(await numbers.at(startOf(number))).toEqual({ number, isExact: true });
  }
});

test('far from all that is known a number is said to be about right, and with an index it is right', async () => {
  const { numbers, startOf, reads } = await openFile();
  expect(numbers.needsIndex).toBe(true);
  const about = await numbers.at(startOf(390_000));
  expect(about.isExact).toBe(false);
  const every = 1000;
  const offsets = Array.from({ length: LINES / every }, (_, index) => startOf(1 + index * every));
  numbers.learn({ offsets, every });
  const before = reads();
  expect(await numbers.at(startOf(390_123))).toEqual({ number: 390_123, isExact: true });
  expect(reads() - before).toBeLessThanOrEqual(2);
});

test('a line is found by its number, by counting or by the index', async () => {
  const { numbers, startOf } = await openFile();
  expect(await numbers.offsetOf(1)).toBe(0);
  expect(await numbers.offsetOf(123)).toBe(startOf(123));
  const every = 2000;
  const offsets = Array.from({ length: LINES / every }, (_, index) => startOf(1 + index * every));
  numbers.learn({ offsets, every });
  for (const number of [2000, 2001, 2002, 399_999, LINES]) {
    expect(await numbers.offsetOf(number)).toBe(startOf(number));
  }
  expect(await numbers.offsetOf(LINES + 1)).toBe(startOf(LINES));
  expect(await numbers.offsetOf(10 * LINES)).toBe(startOf(LINES));
});

test('without an index a far line is found about where it is, at the beginning of a line', async () => {
  const { numbers, startOf } = await openFile();
  const offset = await numbers.offsetOf(380_000);
  await numbers.at(startOf(100_000));
  expect(offset).toBeGreaterThan(startOf(200_000));
  expect(await numbers.offsetOf(10 * LINES)).toBe(startOf(LINES));
});

test('another file is counted anew', async () => {
  const { numbers, startOf } = await openFile();
  numbers.learn({ offsets: [0, 5], every: 7 });
  expect(await numbers.at(5)).toEqual({ number: 8, isExact: true });
  numbers.clear();
  expect(await numbers.at(startOf(3))).toEqual({ number: 3, isExact: true });
});
