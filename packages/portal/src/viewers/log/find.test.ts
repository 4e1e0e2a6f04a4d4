import { expect, test } from 'vitest';
import type { ByteSource } from '../byte-source.ts';
import { findText } from './find.ts';

/** Where what is read together ends. */
const BORDER = 4 * 1024 * 1024;
const text = `${'.'.repeat(BORDER - 3)}Residual ä 1\n${'.'.repeat(9_000_000)}RESIDUAL Ä 2\n`;
const bytes = new TextEncoder().encode(text);
const source: ByteSource = {
  key: 'file',
  read: async (start, end) => ({ bytes: bytes.slice(start, end), size: bytes.length }),
};

function find(wanted: string, from: number, isBackwards = false) {
  const signal = new AbortController().signal;
  const options = { text: wanted, from, isBackwards, size: bytes.length, signal, onProgress: () => {} };
  return findText(source, options);
}

test('a text is found where it lies on the border of what is read together', async () => {
  expect(await find('residual', 0)).toBe(BORDER - 3);
});

test('the next one is found from the one before, and that from the next one', async () => {
  const first = (await find('residual', 0))!;
  const second = (await find('residual', first + 1))!;
  expect(new TextDecoder().decode(bytes.slice(second, second + 8))).toBe('RESIDUAL');
  expect(await find('residual', second + 1)).toBeNull();
  expect(await find('residual', second, true)).toBe(first);
});

test('the one before is found where it lies on such a border, too', async () => {
  const place = BORDER - 3;
  expect(await find('residual', place + 3 + BORDER, true)).toBe(place);
  expect(await find('residual', place + 3, true)).toBeNull();
});

test('who cancels gets no answer', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const options = {
    text: 'x',
    from: 0,
    isBackwards: false,
    size: bytes.length,
    signal,
    onProgress: () => {},
  };
  await expect(findText(source, options)).rejects.toThrow('enough');
});
