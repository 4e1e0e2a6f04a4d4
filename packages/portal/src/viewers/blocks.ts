import type { ByteSource } from './byte-source.ts';

export const BLOCK_BYTES = 256 * 1024;
/** What is kept is bounded, however long somebody scrolls. */
const MAX_BLOCKS = 8;

/** The parts of a file that were read last, in blocks, and how far the file goes as is known. */
export class Blocks {
  readonly #source: ByteSource;
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  readonly #leaving = new AbortController();
  size = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Whatever is being read is given up, and nothing is read from then on. */
  close(): void {
    this.#leaving.abort();
  }

  /** The bytes from `start` to before `end`, as far as there are any. */
  async read(start: number, end: number): Promise<Uint8Array> {
    const first = Math.floor(start / BLOCK_BYTES);
    const last = Math.floor(Math.max(start, end - 1) / BLOCK_BYTES);
    const parts: Uint8Array[] = [];
    for (let index = first; index <= last; index++) {
      const from = index * BLOCK_BYTES;
      const block = await this.#block(index);
      parts.push(block.subarray(Math.max(0, start - from), Math.max(0, end - from)));
    }
    return parts.length === 1 ? parts[0]! : concatenate(parts);
  }

  /** Learns how long the file is; needed before what lies at its end can be asked for. */
  async measure(): Promise<number> {
    await this.#block(0);
    return this.size;
  }

  /** Bytes that were written to the end of the file; those that are known already change nothing. */
  append(start: number, bytes: Uint8Array): void {
    const { size } = this;
    if (size === 0 || start > size) {
      this.grow(start + bytes.length);
      return;
    }
    const added = bytes.subarray(size - start);
    if (added.length === 0) {
      return;
    }
    this.size = size + added.length;
    const index = Math.floor(size / BLOCK_BYTES);
    const offset = size - index * BLOCK_BYTES;
    const last = this.#blocks.get(index);
    if (last) {
      const head = added.subarray(0, BLOCK_BYTES - offset);
      const grown = last.then((block) => {
        // What was asked for before can be answered with more than was told by then.
        if (block.length >= offset + head.length) {
          return block;
        }
        return block.length < offset ? this.#read(index) : concatenate([block.subarray(0, offset), head]);
      });
      this.#keep(index, grown);
    }
  }

  /** The file has grown to `size`: what was its end is read anew. */
  grow(size: number): void {
    const last = Math.floor(this.size / BLOCK_BYTES);
    this.size = Math.max(size, this.size);
    this.#blocks.delete(last);
    this.#blocks.delete(last - 1);
  }

  /** Looks how long the file is by now. */
  async measureAnew(): Promise<void> {
    this.grow(this.size);
    await this.#block(Math.floor(this.size / BLOCK_BYTES));
  }

  /** The file is another one. */
  clear(): void {
    this.#blocks.clear();
    this.size = 0;
  }

  #block(index: number): Promise<Uint8Array> {
    const known = this.#blocks.get(index);
    if (known) {
      // Moved to the end of the map, whose first is the one that nobody has asked for longest.
      this.#blocks.delete(index);
      this.#blocks.set(index, known);
      return known;
    }
    const block = this.#read(index);
    this.#keep(index, block);
    const oldest = this.#blocks.keys().next().value;
    if (this.#blocks.size > MAX_BLOCKS && oldest !== undefined) {
      this.#blocks.delete(oldest);
    }
    return block;
  }

  async #read(index: number): Promise<Uint8Array> {
    this.#leaving.signal.throwIfAborted();
    const start = index * BLOCK_BYTES;
    const { bytes, size } = await this.#source.read(start, start + BLOCK_BYTES, this.#leaving.signal);
    this.size = Math.max(this.size, size);
    return bytes;
  }

  /** What could not be read is asked for again by whoever wants it next. */
  #keep(index: number, block: Promise<Uint8Array>): void {
    this.#blocks.set(index, block);
    block.catch(() => {
      if (this.#blocks.get(index) === block) {
        this.#blocks.delete(index);
      }
    });
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
