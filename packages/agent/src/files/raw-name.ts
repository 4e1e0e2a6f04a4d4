/**
 * Names of files as they are: bytes, which need not be text. In memory such a name is a string with one character
 * for each byte, which compares in the order of bytes and takes a quarter of the memory of a Buffer.
 *
 * As text a name is itself. One that is not UTF-8 is written `%bytes=` and then its bytes as UTF-8, with `%` and every
 * byte that is not part of UTF-8 as `%` and two capital hexadecimal digits: `bad\xff.txt` is `%bytes=bad%FF.txt`. So
 * is one that itself begins with `%bytes=`: two different names never have the same text, and each text leads back.
 */
import { isUtf8 } from 'node:buffer';

declare const raw: unique symbol;
/** A name, or a path of names, with one character for each byte. */
export type RawName = string & { readonly [raw]: true };

const MARK = '%bytes=';
const BEYOND_ASCII = /[^\x00-\x7f]/;
const ESCAPE = /%([0-9A-F]{2})/g;
/** Bytes of a character of UTF-8 by the upper four bits of the first one; 0 is no first byte. */
const LENGTHS = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 3, 4];

/** The bytes of a name as the system wants them: a string where that is the same. */
export function toSystem(name: RawName): string | Buffer {
  return BEYOND_ASCII.test(name) ? Buffer.from(name, 'latin1') : name;
}

/** The name or path whose bytes are this text in UTF-8. */
export function rawOf(text: string): RawName {
  return (BEYOND_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text) as RawName;
}

/** What a name says in UTF-8; null when it is none. */
export function utf8Of(name: RawName): string | null {
  if (!BEYOND_ASCII.test(name)) {
    return name;
  }
  const bytes = Buffer.from(name, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : null;
}

/** The one text that stands for a name; see above. */
export function textOf(name: RawName): string {
  const text = utf8Of(name);
  return text !== null && !text.startsWith(MARK) ? text : MARK + escaped(Buffer.from(name, 'latin1'));
}

/** The name that a text stands for. A text that stands for none by the rules above is the name itself. */
export function nameOf(text: string): RawName {
  if (text.startsWith(MARK)) {
    const bytes = rawOf(text.slice(MARK.length)).replace(ESCAPE, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
    if (textOf(bytes as RawName) === text) {
      return bytes as RawName;
    }
  }
  return rawOf(text);
}

function escaped(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = LENGTHS[bytes[at]! >> 4]!;
    const character = bytes.subarray(at, at + length);
    if (length === 0 || character.length < length || !isUtf8(character) || character[0] === 0x25) {
      text += `%${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}`;
      at += 1;
    } else {
      text += character.toString('utf8');
      at += length;
    }
  }
  return text;
}
