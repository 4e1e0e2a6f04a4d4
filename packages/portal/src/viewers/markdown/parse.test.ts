import { expect, test } from 'vitest';
import { parseMarkdown } from './parse.ts';

test('markup in a text is text, and what the marks stand for are elements', () => {
  const root = parseMarkdown('# A *b*\n\n<script>x</script>\n\na <img src=x onerror=y> b');
  expect(JSON.stringify(root)).toContain('"value":"<script>x</script>"');
  expect(JSON.stringify(root)).toContain('"value":"<img src=x onerror=y>"');
  const tags = [...JSON.stringify(root).matchAll(/"tagName":"(\w+)"/g)].map(([, name]) => name);
  expect(tags).toEqual(['h1', 'em', 'p']);
});

test('what is nested without end is refused', () => {
  expect(() => parseMarkdown(`${'> '.repeat(500)}x`)).toThrow(/nested/);
});
