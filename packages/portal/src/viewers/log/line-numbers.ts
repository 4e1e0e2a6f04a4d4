/**
 * Which number a line has, without reading all that lies before it: counted from the nearest place whose number is known. Such places
 * are the beginning, those of an index, and those that were counted before.
 */
import type { Blocks } from '../blocks.ts';
import type { LineIndex } from '../byte-source.ts';
import { lineStartAt } from '../lines.ts';

const NEWLINE = 10;
const STRIDE_BYTES = 64 * 1024;
/** So far is counted; beyond it a number is said to be about right. */
const MAX_COUNTED_BYTES = 1024 * 1024;

export interface LineNumber {
  number: number;
  isExact: boolean;
}

export class LineNumbers {
  readonly #blocks: Blocks;
  /** Offsets of lines whose numbers are known, in order; the number of each is at the same place. */
  #offsets = [0];
  #numbers = [1];

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** Whether there is so much of the file that an index helps. */
  get needsIndex(): boolean {
    return this.#blocks.size > MAX_COUNTED_BYTES;
  }

  learn({ offsets, every }: LineIndex): void {
    if (offsets.length > 1) {
      this.#offsets = [...offsets];
      this.#numbers = offsets.map((_, index) => 1 + index * every);
    }
  }

  clear(): void {
    this.#offsets = [0];
    this.#numbers = [1];
  }

  /** The number of the line that begins at an offset. */
  async at(offset: number): Promise<LineNumber> {
    const place = lastAtMost(this.#offsets, offset);
    let position = this.#offsets[place]!;
    let number = this.#numbers[place]!;
    if (offset - position > MAX_COUNTED_BYTES) {
      const lineBytes = await this.#lineBytesAt(offset);
      return { number: number + Math.round((offset - position) / lineBytes), isExact: false };
    }
    while (position < offset) {
      const end = Math.min(offset, position + STRIDE_BYTES);
      number += countNewlines(await this.#blocks.read(position, end));
      position = end;
    }
    this.#remember(offset, number);
    return { number, isExact: true };
  }

  /** Where a line begins, or about where when it is far from all that is known; the last line when there are fewer. */
  async offsetOf(number: number): Promise<number> {
    const place = lastAtMost(this.#numbers, number);
    const known = this.#offsets[place]!;
    let left = number - this.#numbers[place]!;
    for (let position = known; left > 0; position += STRIDE_BYTES) {
      const end = Math.min(this.#blocks.size, position + STRIDE_BYTES);
      if (end <= position) {
        return this.#lastLine();
      }
      if (position - known > MAX_COUNTED_BYTES) {
        const about = Math.round(position + left * (await this.#lineBytesAt(position)));
        return Math.min(await lineStartAt(this.#blocks, about), await this.#lastLine());
      }
      const bytes = await this.#blocks.read(position, end);
      const found = placeOfNewline(bytes, left);
      if (found !== -1) {
        const offset = position + found + 1;
        this.#remember(offset, number);
        return Math.min(offset, await this.#lastLine());
      }
      left -= countNewlines(bytes);
    }
    return known;
  }

  #lastLine(): Promise<number> {
    return lineStartAt(this.#blocks, Math.max(0, this.#blocks.size - 1));
  }

  /** Bytes of a line on average: by the last place that is known, else by what lies there. */
  async #lineBytesAt(offset: number): Promise<number> {
    const lines = this.#numbers.at(-1)! - 1;
    if (lines > 0) {
      return this.#offsets.at(-1)! / lines;
    }
    const bytes = await this.#blocks.read(offset, Math.min(this.#blocks.size, offset + STRIDE_BYTES));
    return bytes.length / Math.max(1, countNewlines(bytes));
  }

  /** So that whoever goes on from there has little to count. */
  #remember(offset: number, number: number): void {
    const place = lastAtMost(this.#offsets, offset);
    if (offset - this.#offsets[place]! >= STRIDE_BYTES) {
      this.#offsets.splice(place + 1, 0, offset);
      this.#numbers.splice(place + 1, 0, number);
    }
  }
}

/** The place of the last of these, which are in order and begin low enough, that is no more than `most`. */
function lastAtMost(values: readonly number[], most: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (values[middle]! <= most) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
    count += 1;
  }
  return count;
}

/** Where the newline with this number stands, from 1; -1 when there are fewer. */
function placeOfNewline(bytes: Uint8Array, number: number): number {
  let at = -1;
  for (let count = 0; count < number; count += 1) {
    at = bytes.indexOf(NEWLINE, at + 1);
    if (at === -1) {
      return -1;
    }
  }
  return at;
}
