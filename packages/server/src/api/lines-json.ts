/** Lists of lines as JSON, written piece by piece: neither a long text nor a line without an end needs memory. */
import { isUtf8 } from 'node:buffer';

/** What stands between two lines in a list: `","`. */
export const JSON_LINE_BYTES = 3;
const LF = 0x0a;
/** Bytes that each byte of ASCII takes in a JSON string. */
const JSON_BYTES = Uint8Array.from({ length: 0x80 }, (_, code) =>
  Buffer.byteLength(JSON.stringify(String.fromCharCode(code)).slice(1, -1)),
);
/** What is not UTF-8 becomes U+FFFD. */
const REPLACED_BYTES = 3;
/** The longest sequence of UTF-8 has so many bytes behind its first. */
const CONTINUATION_BYTES = 3;

/** Which ends a text's lines have, and whether a line keeps its own. */
const RULES = {
  /** Only line feeds, which stay. */
  kept: { end: /\n/g, keeps: true },
  /** Also carriage returns, by which programs show progress in one line of a terminal. */
  dropped: { end: /\r\n|\r|\n/g, keeps: false },
} as const;

export class LinesJson {
  readonly #end: RegExp;
  readonly #keeps: boolean;
  #isOpen = false;
  #separator = '';
  #held = '';

  constructor(rule: keyof typeof RULES) {
    this.#end = RULES[rule].end;
    this.#keeps = RULES[rule].keeps;
  }

  /** The items of the list that are in a further piece of the text, the last one perhaps to be continued. */
  next(piece: string): string {
    let text = this.#held + piece;
    // It may be the first half of a line end.
    this.#held = !this.#keeps && text.endsWith('\r') ? '\r' : '';
    text = text.slice(0, text.length - this.#held.length);
    let json = '';
    let from = 0;
    for (const { index, 0: end } of text.matchAll(this.#end)) {
      const to = index + (this.#keeps ? end.length : 0);
      json += `${this.#begin()}${escaped(text.slice(from, to))}"`;
      this.#isOpen = false;
      from = index + end.length;
    }
    if (from < text.length) {
      json += this.#begin() + escaped(text.slice(from));
    }
    return json;
  }

  /** What is left to be written when the text is over. */
  end(): string {
    const isEnded = this.#held !== '';
    this.#held = '';
    const json = isEnded ? `${this.#begin()}"` : this.#isOpen ? '"' : '';
    this.#isOpen = false;
    return json;
  }

  #begin(): string {
    if (this.#isOpen) {
      return '';
    }
    const begin = `${this.#separator}"`;
    this.#isOpen = true;
    this.#separator = ',';
    return begin;
  }
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Bytes that a piece of a text takes as lines in JSON, line feeds kept: never less than it will be. */
export function jsonBytesOf(piece: Uint8Array): number {
  const byteBeyondAscii = jsonBytesBeyondAscii(piece);
  let bytes = 0;
  for (const byte of piece) {
    bytes += jsonBytesOfByte(byte, byteBeyondAscii) + (byte === LF ? JSON_LINE_BYTES : 0);
  }
  return bytes;
}

export function jsonBytesOfByte(byte: number, byteBeyondAscii: number): number {
  return byte < 0x80 ? JSON_BYTES[byte]! : byteBeyondAscii;
}

/** What a byte beyond ASCII takes in this piece, of which both ends may be in the middle of a character. */
export function jsonBytesBeyondAscii(piece: Uint8Array): number {
  let from = 0;
  while (from < Math.min(CONTINUATION_BYTES, piece.length) && isContinuation(piece[from]!)) {
    from++;
  }
  let to = piece.length;
  for (let back = 1; back <= Math.min(CONTINUATION_BYTES, piece.length - from); back++) {
    const byte = piece[piece.length - back]!;
    if (byte < 0x80) {
      break;
    }
    if (isContinuation(byte)) {
      continue;
    }
    to = piece.length - back;
    break;
  }
  // Whole characters at the end pass as well as without them.
  return isUtf8(piece.subarray(from)) || isUtf8(piece.subarray(from, to)) ? 1 : REPLACED_BYTES;
}

/** Without what belongs to a character that began before. */
export function fromWholeCharacter(piece: Uint8Array): Uint8Array {
  let from = 0;
  while (from < Math.min(CONTINUATION_BYTES, piece.length) && isContinuation(piece[from]!)) {
    from++;
  }
  return piece.subarray(from);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
