/**
 * Names in archives are bytes, and few archives say what the bytes mean. In the work directory every name is UTF-8: what
 * is UTF-8 already stays as it is, anything else is read in the encoding that is likely, and that is noted.
 */
import { isUtf8 } from 'node:buffer';

export interface EntryName {
  text: string;
  /** The bytes as they stand in the archive, a character for each; by them two names are told apart. */
  bytes: string;
  /** The encoding that was guessed for what is not UTF-8; null where nothing had to be. */
  guessed: string | null;
}

const ASCII = /^[\0-\x7f]*$/;
const WINDOWS_1252 = new TextDecoder('windows-1252');

/** A name that is text already. */
export function nameOfText(text: string): EntryName {
  return { text, bytes: Buffer.from(text).toString('latin1'), guessed: null };
}

/** A name of which the bytes are known, a character for each. Directories may come from elsewhere than what is in them. */
export function nameOfBytes(bytes: string): EntryName {
  if (ASCII.test(bytes)) {
    return { text: bytes, bytes, guessed: null };
  }
  let guessed: string | null = null;
  const text = bytes
    .split('/')
    .map((component) => {
      const raw = Buffer.from(component, 'latin1');
      if (isUtf8(raw)) {
        return raw.toString('utf8');
      }
      guessed = 'Windows-1252';
      return WINDOWS_1252.decode(raw);
    })
    .join('/');
  return { text, bytes, guessed };
}
