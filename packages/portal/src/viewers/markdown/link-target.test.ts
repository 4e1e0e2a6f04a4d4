import { expect, test } from 'vitest';
import { linkTarget } from './link-target.ts';

test.each([
  ['https://example.org/a?b#c', 'https://example.org/a?b#c'],
  ['HTTP://example.org', 'http://example.org/'],
  ['/jobs/', null],
  ['#part', null],
  ['javascript:alert(1)', null],
  ['java\nscript:alert(1)', null],
  ['data:text/html,x', null],
  ['blob:https://example.org/x', null],
  ['mailto:a@example.org', null],
  ['', null],
  [undefined, null],
])('a link to %s leads to %s', (href, target) => {
  expect(linkTarget(href)).toBe(target);
});
