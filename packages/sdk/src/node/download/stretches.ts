/** Bytes `start` to `end`, the last one excluded. */
export interface Stretch {
  start: number;
  end: number;
}

/** A set of bytes of a file, as stretches that neither touch nor overlap. */
export class Stretches {
  readonly #sorted: Stretch[] = [];
  #bytes = 0;

  constructor(stretches: Iterable<Stretch> = []) {
    for (const { start, end } of stretches) {
      this.add(start, end);
    }
  }

  /** How many bytes there are. */
  get bytes(): number {
    return this.#bytes;
  }

  add(start: number, end: number): void {
    if (start >= end) {
      return;
    }
    // The first one that ends at `start` or behind it, and the first one that begins behind `end`.
    const from = this.#firstIndex((stretch) => stretch.end >= start);
    const to = this.#firstIndex((stretch) => stretch.start > end);
    const joined = this.#sorted.slice(from, to);
    const merged = {
      start: Math.min(start, joined[0]?.start ?? start),
      end: Math.max(end, joined.at(-1)?.end ?? end),
    };
    this.#sorted.splice(from, to - from, merged);
    this.#bytes += sizeOf([merged]) - sizeOf(joined);
  }

  /** Where the bytes that begin at `position` end; `position` itself when that byte is not there. */
  endFrom(position: number): number {
    const stretch = this.#sorted[this.#firstIndex(({ end }) => end > position)];
    return stretch !== undefined && stretch.start <= position ? stretch.end : position;
  }

  /** What is not there of the bytes before `end`, in order. */
  missingBefore(end: number): Stretch[] {
    const missing: Stretch[] = [];
    let position = 0;
    for (const stretch of this.#sorted) {
      if (stretch.start >= end) {
        break;
      }
      if (stretch.start > position) {
        missing.push({ start: position, end: stretch.start });
      }
      position = stretch.end;
    }
    if (position < end) {
      missing.push({ start: position, end });
    }
    return missing;
  }

  list(): Stretch[] {
    return this.#sorted.map((stretch) => ({ ...stretch }));
  }

  #firstIndex(holds: (stretch: Stretch) => boolean): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#sorted[middle]!)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}

function sizeOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { start, end }) => sum + end - start, 0);
}
