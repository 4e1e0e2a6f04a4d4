import { isUtf8 } from 'node:buffer';
import { type Place, TemplateError } from './error.ts';

interface KnownPlace extends Place {
  from: number;
  /** Where the line ends, -1 for the last: looked for once, since in one of megabytes that takes its time. */
  feed: number;
}

/** The bytes of a template, one character for each, so that an offset is the same in both. */
export class TemplateSource {
  readonly bytes: Buffer;
  readonly text: string;
  readonly encoding: 'utf8' | 'latin1';
  readonly #start: KnownPlace;
  /** The last place that was asked for: places are mostly asked for in order. */
  #known: KnownPlace;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.text = bytes.toString('latin1');
    this.encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
    this.#start = { from: 0, line: 1, column: 1, feed: this.text.indexOf('\n') };
    this.#known = this.#start;
  }

  /** The text that a part of `text` stands for. */
  decode(part: string): string {
    return this.encoding === 'latin1' ? part : Buffer.from(part, 'latin1').toString('utf8');
  }

  /** The bytes of a text that is inserted: those of the template's encoding, if that has all of its characters. */
  encode(text: string): Buffer {
    const latin = this.encoding === 'latin1' && !/[^\0-\xff]/.test(text);
    return Buffer.from(text, latin ? 'latin1' : 'utf8');
  }

  /** The whole character at an offset. */
  at(offset: number): string {
    const end = this.encoding === 'utf8' ? this.#characterEnd(offset) : offset + 1;
    return this.decode(this.text.slice(offset, end));
  }

  place(offset: number): Place {
    let { from, line, column, feed } = offset < this.#known.from ? this.#start : this.#known;
    while (feed !== -1 && feed < offset) {
      from = feed + 1;
      line += 1;
      column = 1;
      feed = this.text.indexOf('\n', from);
    }
    column += this.decode(this.text.slice(from, offset)).length;
    this.#known = { from: offset, line, column, feed };
    return { line, column };
  }

  error(offset: number, what: string, hint: string): TemplateError {
    return new TemplateError(this.place(offset), what, hint);
  }

  #characterEnd(offset: number): number {
    let end = offset + 1;
    while ((this.bytes[end]! & 0xc0) === 0x80) {
      end += 1;
    }
    return end;
  }
}
