import { expect, test } from 'vitest';
import { showMarks } from './show-marks.ts';

test('marks that would turn text around, and controls, are shown instead of obeyed', () => {
  expect(showMarks('result\u202Egnp.exe')).toBe('result[U+202E]gnp.exe');
  expect(showMarks('a\u2066b\u2069')).toBe('a[U+2066]b[U+2069]');
  expect(showMarks('a\nb\u0007\u0085')).toBe('a[U+000A]b[U+0007][U+0085]');
});

test('names in any language stay as they are', () => {
  for (const name of ['wing 12°', 'מבחן 3', 'سارة\u200f (1)', '翼 👩‍🔬']) {
    expect(showMarks(name)).toBe(name);
  }
});
