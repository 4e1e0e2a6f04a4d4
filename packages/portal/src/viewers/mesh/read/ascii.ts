import { mesh as words } from '../../../words/en/mesh.ts';
import { MeshError } from '../mesh-error.ts';

const decoder = new TextDecoder('latin1');
/** Below this a number and a power of ten are exact, and so is what is made of both. */
const EXACT_DIGITS = 15;
const EXACT_POWER = 22;
const POWERS = Array.from({ length: EXACT_POWER + 1 }, (_, power) => 10 ** power);
const MAX_WORD_BYTES = 4096;

/** Words and numbers of a text, parted by blanks, as they are asked for. */
export class AsciiReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Goes to the next word; false when there is none. */
  skipBlanks(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end && bytes[at]! <= 32) {
      at++;
    }
    this.at = at;
    return at < end;
  }

  /** The next word; null at the end. */
  word(): string | null {
    if (!this.skipBlanks()) {
      return null;
    }
    const start = this.at;
    while (this.at < this.end && this.bytes[this.at]! > 32 && this.at - start < MAX_WORD_BYTES) {
      this.at++;
    }
    return decoder.decode(this.bytes.subarray(start, this.at));
  }

  /** What is left of the line, without what ends it. */
  line(): string {
    const found = this.bytes.indexOf(10, this.at);
    const end = found === -1 || found >= this.end ? this.end : found;
    const text = decoder.decode(this.bytes.subarray(this.at, Math.min(end, this.at + MAX_WORD_BYTES)));
    this.at = Math.min(this.end, end + 1);
    return text.replace(/\r$/, '');
  }

  number(): number {
    if (!this.skipBlanks()) {
      throw new MeshError(words.problems.cut);
    }
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    const isNegative = bytes[at] === 45;
    if (isNegative || bytes[at] === 43) {
      at++;
    }
    let mantissa = 0;
    let digits = 0;
    let power = 0;
    let isFraction = false;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 48 && byte <= 57) {
        if (digits > 0 || byte !== 48) {
          digits++;
        }
        mantissa = mantissa * 10 + (byte - 48);
        power -= isFraction ? 1 : 0;
      } else if (byte === 46 && !isFraction) {
        isFraction = true;
      } else {
        break;
      }
    }
    const hasDigits = at > start + (isNegative || bytes[start] === 43 ? 1 : 0) + (isFraction ? 1 : 0);
    if (hasDigits && at < end && (bytes[at]! | 32) === 101) {
      let exponent = 0;
      let mark = at + 1;
      const isSmall = bytes[mark] === 45;
      if (isSmall || bytes[mark] === 43) {
        mark++;
      }
      for (; mark < end && bytes[mark]! >= 48 && bytes[mark]! <= 57; mark++) {
        exponent = exponent * 10 + (bytes[mark]! - 48);
      }
      power += isSmall ? -exponent : exponent;
      at = mark;
    }
    if (
      !hasDigits ||
      digits > EXACT_DIGITS ||
      Math.abs(power) > EXACT_POWER ||
      (at < end && bytes[at]! > 32)
    ) {
      return this.#anyNumber();
    }
    this.at = at;
    const value = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!;
    return isNegative ? -value : value;
  }

  /** As many numbers as `values` has room for. */
  fill<T extends { length: number; [index: number]: number }>(values: T): T {
    for (let index = 0; index < values.length; index++) {
      values[index] = this.number();
    }
    return values;
  }

  /** Numbers that are long, large or none, as C writes them. */
  #anyNumber(): number {
    const text = this.word() ?? '';
    const special = /^([+-]?)(?:(nan)(?:\([\w]*\))?|(inf(?:inity)?))$/i.exec(text);
    if (special) {
      return special[2] !== undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
    }
    const value = Number(text);
    if (text === '' || Number.isNaN(value)) {
      throw new MeshError(words.problems.number(text.slice(0, 40)));
    }
    return value;
  }
}
