import { expect, test } from 'vitest';
import { moveRange, rangeFromText, rangeToText } from './range.ts';

const x = Float64Array.of(0, 50, 100);

test('buttons go closer, along, and back to all of it', () => {
  const closer = moveRange(null, x, 'zoomIn', false);
  expect(closer).toEqual({ min: 25, max: 75 });
  expect(moveRange(closer, x, 'later', false)).toEqual({ min: 37.5, max: 87.5 });
  expect(moveRange({ min: 50, max: 100 }, x, 'later', false)).toEqual({ min: 50, max: 100 });
  expect(moveRange(closer, x, 'zoomOut', false)).toBe(null);
  expect(moveRange(null, x, 'earlier', false)).toBe(null);
  expect(moveRange(null, Float64Array.of(3), 'zoomIn', false)).toBe(null);
});

test('along a logarithmic axis they go by powers of ten', () => {
  const closer = moveRange(null, Float64Array.of(1, 10_000), 'zoomIn', true)!;
  expect(closer.min).toBeCloseTo(10);
  expect(closer.max).toBeCloseTo(1000);
});

test('what is shown is in the address, and nonsense there is all of it', () => {
  for (const range of [
    { min: -2.5, max: 1e-7 },
    { min: 1e9, max: 2e21 },
  ]) {
    expect(rangeFromText(rangeToText(range))).toEqual(range);
  }
  expect(rangeToText(null)).toBe(undefined);
  for (const text of [undefined, '', '1', '2~1', 'a~b', '1~2~3', 'Infinity~1']) {
    expect(rangeFromText(text)).toBe(null);
  }
});
