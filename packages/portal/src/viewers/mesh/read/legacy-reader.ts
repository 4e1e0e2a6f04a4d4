import { mesh as words } from '../../../words/en/mesh.ts';
import { MeshError } from '../mesh-error.ts';
import type { Numbers } from '../numbers.ts';
import { AsciiReader } from './ascii.ts';
import { bytesOf, emptyNumbers, type NumberType, numbersOf, part } from './binary.ts';

const TYPES: Readonly<Record<string, NumberType>> = {
  char: 'Int8',
  signed_char: 'Int8',
  unsigned_char: 'UInt8',
  short: 'Int16',
  unsigned_short: 'UInt16',
  int: 'Int32',
  unsigned_int: 'UInt32',
  long: 'Int64',
  unsigned_long: 'UInt64',
  vtktypeint64: 'Int64',
  vtktypeuint64: 'UInt64',
  vtkidtype: 'Int32',
  float: 'Float32',
  double: 'Float64',
};

/** The words of a legacy file, and its values, which stand between them as text or as bytes. */
export class LegacyReader {
  readonly isBinary: boolean;
  readonly #reader: AsciiReader;

  constructor(bytes: Uint8Array) {
    this.#reader = new AsciiReader(bytes);
    // Version and title.
    this.#reader.line();
    this.#reader.line();
    const format = this.needWord().toUpperCase();
    if (format !== 'ASCII' && format !== 'BINARY') {
      throw new MeshError(words.problems.notLegacy(format.slice(0, 40)));
    }
    this.isBinary = format === 'BINARY';
  }

  word(): string | null {
    return this.#reader.word();
  }

  needWord(): string {
    const word = this.word();
    if (word === null) {
      throw new MeshError(words.problems.cut);
    }
    return word;
  }

  line(): string {
    return this.#reader.line();
  }

  number(): number {
    return this.#reader.number();
  }

  count(): number {
    const value = this.#reader.number();
    if (!Number.isInteger(value) || value < 0) {
      throw new MeshError(words.problems.number(String(value)));
    }
    return value;
  }

  /** Whether the next word is this one; nothing is taken. */
  isNext(keyword: string): boolean {
    const { at } = this.#reader;
    const word = this.#reader.word();
    this.#reader.at = at;
    return word?.toUpperCase() === keyword;
  }

  /** `length` values of a type as the format names it, from the next line on. */
  values(typeName: string, length: number): Numbers {
    const reader = this.#reader;
    const type = TYPES[typeName.toLowerCase()];
    if (typeName === 'bit') {
      return this.#bits(length);
    }
    if (type === undefined) {
      throw new MeshError(words.problems.broken(typeName.slice(0, 40)));
    }
    if (!this.isBinary) {
      if (length > reader.end - reader.at) {
        throw new MeshError(words.problems.cut);
      }
      return reader.fill(emptyNumbers(type, length));
    }
    reader.line();
    const bytes = part(reader.bytes, reader.at, length * bytesOf(type));
    reader.at += bytes.length;
    return numbersOf(bytes, type, false);
  }

  /** What is told beside an array ends with an empty line. */
  skipParagraph(): void {
    this.#reader.line();
    while (this.#reader.at < this.#reader.end && this.#reader.line().trim() !== '') {
      // Nothing of it is shown.
    }
  }

  /** Texts: one on each line, or each behind its length, which is written in as few bytes as it needs. */
  skipTexts(count: number): void {
    const reader = this.#reader;
    reader.line();
    for (let index = 0; index < count && reader.at < reader.end; index++) {
      if (!this.isBinary) {
        reader.line();
        continue;
      }
      const first = reader.bytes[reader.at]!;
      const more = [7, 3, 1, 0][first >> 6]!;
      let length = first & 63;
      for (let extra = 0; extra < more; extra++) {
        length = length * 256 + (reader.bytes[reader.at + 1 + extra] ?? 0);
      }
      reader.at += 1 + more + length;
    }
  }

  #bits(length: number): Numbers {
    const reader = this.#reader;
    if (!this.isBinary) {
      return reader.fill(new Uint8Array(Math.min(length, reader.end - reader.at)));
    }
    reader.line();
    const bytes = part(reader.bytes, reader.at, Math.ceil(length / 8));
    reader.at += bytes.length;
    return Uint8Array.from({ length }, (_, index) => (bytes[index >> 3]! >> (7 - (index & 7))) & 1);
  }
}
