const [ABORTED, BYTES] = [0, 1];

/** How far the hashing of a file is, and the way to end it, across threads. */
export class HashMeter {
  readonly shared: SharedArrayBuffer;
  readonly #cells: Float64Array;

  constructor(shared = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#cells = new Float64Array(shared);
  }

  /** Bytes that have been hashed. */
  get bytes(): number {
    return this.#cells[BYTES]!;
  }

  set bytes(bytes: number) {
    this.#cells[BYTES] = bytes;
  }

  get isAborted(): boolean {
    return this.#cells[ABORTED] !== 0;
  }

  abort(): void {
    this.#cells[ABORTED] = 1;
  }
}
