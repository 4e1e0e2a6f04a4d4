import { Buffer, isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { often } from '../../../contract/testing/often.ts';
import { nameOf, type RawName, rawOf, textOf, utf8Of } from './raw-name.ts';

/** Names of all kinds of bytes, among them many that look like the text of another one. */
const pieces = fc.constantFrom(
  ...['%bytes=', '%', '%25', '%FF', '%ff', 'FF', 'x', 'é', '日', '\u{1f600}', '\u0001', '\n', ' ', '\\'].map(
    rawOf,
  ),
  ...['\xff', '\xc3', '\xe2\x82', '\xf0\x9f', '\x80', '\xed\xa0\x80', '\xc0\xaf'],
);
const names = fc
  .array(pieces, { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join('') as RawName)
  .filter((name) => name !== '');
const bytes = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((some) => Buffer.from(some.map((byte) => (byte === 0 || byte === 0x2f ? 1 : byte))).toString('latin1'))
  .map((name) => name as RawName);
const anyName = fc.oneof(names, bytes);

describe('textOf()', () => {
  test('each name has a text that leads back to it', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(nameOf(textOf(name))).toBe(name);
      }),
      { numRuns: often(5_000) },
    );
  });

  test('two different names never have the same text', () => {
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        expect(textOf(one) === textOf(other)).toBe(one === other);
      }),
      { numRuns: often(5_000) },
    );
  });

  test('a text is UTF-8 and one line of a path', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const text = textOf(name);
        expect(Buffer.from(text).toString('utf8')).toBe(text);
        expect(text).not.toMatch(/[/\0]/);
      }),
    );
  });

  test('a name in UTF-8 is its own text, unless it looks like that of one that is not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        fc.pre(!text.startsWith('%bytes='));
        expect(textOf(rawOf(text))).toBe(text);
      }),
    );
  });

  test.each([
    ['bad\xff.txt', '%bytes=bad%FF.txt'],
    ['gr\xf6\xdfe', '%bytes=gr%F6%DFe'],
    ['100%\xff', '%bytes=100%25%FF'],
    ['\xc3\xa9\xff', '%bytes=é%FF'],
    ['%bytes=x', '%bytes=%25bytes=x'],
    ['%bytes=bad%FF.txt', '%bytes=%25bytes=bad%25FF.txt'],
    ['50%.dat', '50%.dat'],
    ['a%20b', 'a%20b'],
  ])('of the bytes %j is %j', (name, text) => {
    expect(textOf(name as RawName)).toBe(text);
    expect(nameOf(text)).toBe(name);
  });

  test('a text that stands for no name by the rules is the name itself', () => {
    for (const text of ['%bytes=', '%bytes=abc', '%bytes=%ff', '%bytes=%41', '%bytes=%C3%A9', 'x%FF']) {
      expect(nameOf(text)).toBe(rawOf(text));
    }
  });
});

test('utf8Of() tells text from what is none', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const some = Buffer.from(name, 'latin1');
      expect(utf8Of(name)).toBe(isUtf8(some) ? some.toString('utf8') : null);
    }),
  );
});
