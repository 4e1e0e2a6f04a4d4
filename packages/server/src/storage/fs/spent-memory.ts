/** Smaller buffers may be slices of Node's pool, or a parser's own. */
const OWN_BUFFER_BYTES = 16 * 1024;

/**
 * Gives back the memory of chunks that were copied away. Left to the collector, a gigabyte of them makes it look through
 * the heap again and again, which took more processor time than receiving and writing them. A parser cuts several chunks
 * from one buffer, one after the other: so it goes when a chunk of the next one has come, and the last one never.
 */
export class SpentMemory {
  #spent: ArrayBuffer | null = null;

  /** Takes note of a chunk that is not needed any more. */
  note({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer)) {
      return;
    }
    if (buffer === this.#spent || buffer.byteLength < OWN_BUFFER_BYTES) {
      return;
    }
    this.#spent?.transfer(0);
    this.#spent = buffer;
  }
}
