import type { Sink } from './sink.ts';
import type { SlotPool } from './slot-pool.ts';

/** What takes the bytes of an answer, in order. */
export interface BodyWriter {
  /** Where the next bytes go; empty when no memory is free right now, see `whenRoom`. */
  room(): Uint8Array;
  /** That so many bytes were put into the room. */
  took(count: number): void;
  /** True when no more bytes are wanted. */
  readonly isDone: boolean;
  whenRoom(signal: AbortSignal): Promise<void>;
}

/** A stretch that one stream fetches. Another stream may take over its end meanwhile. */
export interface Segment {
  /** The next byte. */
  at: number;
  /** Infinity while nobody knows where the file ends. */
  end: number;
  /** When the last byte came, by `performance.now`. */
  lastByteAt: number;
  /** Ends the request of its stream, which then asks again for what is left. */
  interrupt: (() => void) | null;
}

const NO_ROOM = new Uint8Array(0);

/** Fills slots with a segment and hands them on. */
export class SegmentWriter implements BodyWriter {
  readonly #segment: Segment;
  readonly #slots: SlotPool;
  readonly #sink: Sink;
  readonly #onBytes: (count: number) => void;
  #slot: SharedArrayBuffer | null = null;
  #filled = 0;

  constructor(segment: Segment, slots: SlotPool, sink: Sink, onBytes: (count: number) => void) {
    this.#segment = segment;
    this.#slots = slots;
    this.#sink = sink;
    this.#onBytes = onBytes;
  }

  get isDone(): boolean {
    return this.#segment.at >= this.#segment.end;
  }

  room(): Uint8Array {
    if (this.isDone) {
      return NO_ROOM;
    }
    this.#slot ??= this.#slots.take();
    if (this.#slot === null) {
      return NO_ROOM;
    }
    const length = Math.min(this.#slot.byteLength - this.#filled, this.#segment.end - this.#segment.at);
    return new Uint8Array(this.#slot, this.#filled, length);
  }

  took(count: number): void {
    const segment = this.#segment;
    // Its end may have come nearer since the room was given: what is behind it comes by another stream.
    const kept = Math.max(0, Math.min(count, segment.end - segment.at));
    this.#filled += kept;
    segment.at += kept;
    segment.lastByteAt = performance.now();
    if (this.isDone || this.#filled === this.#slot?.byteLength) {
      this.flush();
    }
    if (kept > 0) {
      this.#onBytes(kept);
    }
  }

  /** Hands on what has come so far. */
  flush(): void {
    if (this.#slot === null) {
      return;
    }
    const [slot, filled] = [this.#slot, this.#filled];
    this.#slot = null;
    this.#filled = 0;
    if (filled === 0) {
      this.#slots.give(slot);
    } else {
      this.#sink.store(this.#segment.at - filled, slot, filled);
    }
  }

  async whenRoom(signal: AbortSignal): Promise<void> {
    while (this.#slot === null && !this.isDone) {
      this.#slot = this.#slots.take();
      if (this.#slot === null) {
        await this.#slots.whenFree(signal);
      }
    }
  }
}

/** Fills memory of its own, for what is small. */
export class BufferWriter implements BodyWriter {
  readonly bytes: Uint8Array;
  filled = 0;

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  get isDone(): boolean {
    return this.filled >= this.bytes.byteLength;
  }

  room(): Uint8Array {
    return this.bytes.subarray(this.filled);
  }

  took(count: number): void {
    this.filled += count;
  }

  async whenRoom(): Promise<void> {}
}
