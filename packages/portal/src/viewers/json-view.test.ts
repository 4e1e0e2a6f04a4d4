import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Value } from './json-view.tsx';

const listOf = (length: number, item: unknown) => Array.from({ length }, () => item);
const draw = (value: unknown) => renderToStaticMarkup(createElement(Value, { value, depth: 0 }));

test('of what is closed nothing is drawn, however deep and wide it is', () => {
  const wide = draw(listOf(3, listOf(4, listOf(200, listOf(200, 'leaf')))));
  expect(wide.match(/<details/g)).toHaveLength(1 + 3 + 12);
  expect(wide).not.toContain('leaf');
  let deep: unknown = 'leaf';
  for (let depth = 0; depth < 50_000; depth++) {
    deep = [deep];
  }
  expect(draw(deep).match(/<details/g)).toHaveLength(3);
});

test('what is open is drawn', () => {
  expect(draw({ name: 'residual', values: [1, null] })).toContain('residual');
});
