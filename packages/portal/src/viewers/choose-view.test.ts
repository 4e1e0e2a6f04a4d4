import { expect, test } from 'vitest';
import { imageType, likelyViews, viewByBytes, viewByName } from './choose-view.ts';

test('a name says what a file is, in upper or lower case', () => {
  expect(
    ['mesh.PNG', 'a.b.csv', 'out.json', 'README', 'constructor', 'x.constructor'].map(viewByName),
  ).toEqual(['image', 'table', 'json', null, null, null]);
});

test('what has bytes that no text has is no text', () => {
  expect(viewByBytes(new TextEncoder().encode('Zeile ä\t\x1b[31mred\n'))).toBe('text');
  expect(viewByBytes(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]))).toBe('bytes');
  expect(viewByBytes(new Uint8Array())).toBe('text');
});

test('an image is never handed to the browser as a page', () => {
  expect(['a.svg', 'a.jpg', 'a.html'].map(imageType)).toEqual(['image/svg+xml', 'image/jpeg', 'image/html']);
});

test('what suits a file is offered first, and what is shown always', () => {
  expect(likelyViews('table', 'table')).toEqual(['text', 'table', 'chart']);
  expect(likelyViews('pdf', 'json')).toEqual(['json', 'pdf', 'bytes']);
  expect(likelyViews('page', 'page')).toEqual(['page']);
});
