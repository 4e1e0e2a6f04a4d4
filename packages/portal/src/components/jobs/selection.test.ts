import { expect, test } from 'vitest';
import { countSelected, MOST_SELECTED, readSelection, withJob, writeSelection } from './selection.ts';

test('what is selected is the same when it was written into an address and read again', () => {
  for (const text of ['abcDEF.ghiJKL', 'all', undefined]) {
    expect(writeSelection(readSelection(text))).toBe(text);
  }
});

test('an address that somebody has changed selects what it names, each once, and nothing else', () => {
  expect(readSelection('abcDEF..<b>.abcDEF.a/b')).toEqual({ isAll: false, ids: ['abcDEF'] });
  const many = Array.from({ length: MOST_SELECTED + 5 }, (_, index) => `id${index}`).join('.');
  expect(countSelected(readSelection(many), 0)).toBe(MOST_SELECTED);
});

test('all without one are those that are shown, without it', () => {
  const all = readSelection('all');
  expect(withJob(all, 'b', false, ['a', 'b', 'c'])).toEqual({ isAll: false, ids: ['a', 'c'] });
  expect(withJob(readSelection('a'), 'b', true, [])).toEqual({ isAll: false, ids: ['a', 'b'] });
  expect(writeSelection(withJob(readSelection('a'), 'a', false, []))).toBeUndefined();
});

test('of all that match no more are selected than one request takes', () => {
  expect([12, 1243].map((count) => countSelected({ isAll: true }, count))).toEqual([12, MOST_SELECTED]);
});
