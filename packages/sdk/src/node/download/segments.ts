import type { Segment } from './body-writer.ts';
import type { Stretch } from './stretches.ts';

/** Less than twice this is not context between two streams. */
const SMALLEST_SHARE_BYTES = 256 * 1024;
/** A stream that has been silent for so long loses what it was to fetch, if another one is idle. */
const SILENT_MS = 3_000;

/** What is left to fetch of a file, handed out in order; nothing is handed out twice. */
export class Segments {
  readonly #waiting: Stretch[];
  readonly #active = new Set<Segment>();

  constructor(missing: readonly Stretch[]) {
    this.#waiting = missing.map((stretch) => ({ ...stretch }));
  }

  /** The next bytes, `bytes` of them at most; null when all have been handed out. */
  take(bytes: number): Segment | null {
    const first = this.#waiting[0];
    if (first === undefined) {
      return null;
    }
    const end = Math.min(first.end, first.start + bytes);
    const segment = this.#begin(first.start, end);
    first.start = end;
    if (first.start >= first.end) {
      this.#waiting.shift();
    }
    return segment;
  }

  /**
   * Takes over half of what the slowest stream has left, or all of what a silent one has; null when nobody has so much
   * that it would help.
   */
  split(now: number): Segment | null {
    let longest: Segment | null = null;
    for (const segment of this.#active) {
      if (!Number.isFinite(segment.end)) {
        continue;
      }
      if (segment.at < segment.end && now - segment.lastByteAt > SILENT_MS) {
        return this.#takeOver(segment);
      }
      if (longest === null || segment.end - segment.at > longest.end - longest.at) {
        longest = segment;
      }
    }
    if (longest === null || longest.end - longest.at < 2 * SMALLEST_SHARE_BYTES) {
      return null;
    }
    const { end } = longest;
    longest.end = longest.at + Math.ceil((end - longest.at) / 2);
    return this.#begin(longest.end, end);
  }

  /** The file has so many bytes, or no more than these are to be handed out. */
  limit(sizeBytes: number): void {
    const within = this.#waiting.map(({ start, end }) => ({ start, end: Math.min(end, sizeBytes) }));
    this.#waiting.splice(0, this.#waiting.length, ...within.filter(({ start, end }) => start < end));
    for (const segment of this.#active) {
      segment.end = Math.max(segment.at, Math.min(segment.end, sizeBytes));
    }
  }

  /** A stream has ended with a segment; what it has not fetched waits for another one. */
  giveBack(segment: Segment): void {
    this.#active.delete(segment);
    if (segment.at >= segment.end) {
      return;
    }
    this.#waiting.push({ start: segment.at, end: segment.end });
    this.#waiting.sort((a, b) => a.start - b.start);
  }

  #takeOver(segment: Segment): Segment {
    const { at, end, interrupt } = segment;
    segment.end = at;
    interrupt?.();
    return this.#begin(at, end);
  }

  #begin(at: number, end: number): Segment {
    const segment = { at, end, lastByteAt: performance.now(), interrupt: null };
    this.#active.add(segment);
    return segment;
  }
}
