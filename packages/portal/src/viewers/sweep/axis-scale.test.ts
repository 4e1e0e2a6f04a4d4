import { expect, test } from 'vitest';
import { canBeLogarithmic, createScale, MISSING, niceValues, placesOf } from './axis-scale.ts';

const axis = (...numbers: number[]) => {
  const present = numbers.filter((each) => !Number.isNaN(each));
  return {
    values: Float64Array.from(numbers),
    categories: null,
    min: Math.min(...present),
    max: Math.max(...present),
  };
};

test('places go from the smallest to the largest value, the other way round when flipped, and back', () => {
  const scale = createScale(axis(2, 4, 10), 'linear', false);
  expect([2, 4, 10].map(scale.place)).toEqual([0, 0.25, 1]);
  const flipped = createScale(axis(2, 4, 10), 'linear', true);
  expect([2, 4, 10].map(flipped.place)).toEqual([1, 0.75, 0]);
  expect(flipped.value(0.75)).toBe(4);
  expect(scale.ticks.map(({ value }) => value)).toEqual([2, 4, 6, 8, 10]);
});

test('a logarithmic axis has even decades, and is refused where anything is not positive', () => {
  const scale = createScale(axis(0.01, 1, 100), 'log', false);
  expect(scale.place(1)).toBeCloseTo(0.5);
  expect(scale.value(0.25)).toBeCloseTo(0.1);
  expect(scale.ticks.map(({ value }) => value)).toEqual([0.01, 0.1, 1, 10, 100]);
  expect(canBeLogarithmic(axis(0, 1))).toBe(false);
  expect(createScale(axis(-1, 1), 'log', false).place(0)).toBe(0.5);
});

test('an axis of ranks gives every run the same room, ties the middle of theirs', () => {
  const scale = createScale(axis(1, 1000, 2, 2, Number.NaN), 'rank', false);
  expect([1, 2, 1000].map(scale.place)).toEqual([0, 0.5, 1]);
  expect(scale.value(1)).toBe(1000);
  expect(scale.value(0)).toBe(1);
});

test('what has no value stands apart, and what never varies in the middle', () => {
  const places = new Float32Array(3);
  placesOf(Float64Array.of(5, Number.NaN, 5), createScale(axis(5, 5), 'linear', false), places);
  expect([...places]).toEqual([0.5, MISSING, 0.5]);
  expect(createScale({ ...axis(), min: Number.NaN, max: Number.NaN }, 'rank', false).ticks).toEqual([]);
});

test('texts stand at even distances, each with its mark while there are few', () => {
  const texts = { ...axis(0, 1, 2), categories: ['a', 'b', 'c'] };
  expect(createScale(texts, 'log', false).ticks).toEqual([
    { place: 0, value: 0 },
    { place: 0.5, value: 1 },
    { place: 1, value: 2 },
  ]);
});

test('marks are round numbers within the ends, without digits that nobody wrote', () => {
  expect(niceValues(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(niceValues(-0.3, 0.3)).toEqual([-0.2, 0, 0.2]);
  expect(niceValues(99_990, 100_010)).toEqual([99_990, 99_995, 100_000, 100_005, 100_010]);
  expect(niceValues(3, 3)).toEqual([3]);
  expect(niceValues(Number.NaN, Number.NaN)).toEqual([]);
});
