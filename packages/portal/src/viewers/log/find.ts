/** From match to match in a file that is searched elsewhere, a part at a time. */
import type { ByteSource, Match } from '../byte-source.ts';

/** Before a place matches are looked for in ever larger parts, since those at its beginning are found first. */
const FIRST_PART_BYTES = 64 * 1024;
const LAST_PART_BYTES = 64 * 1024 * 1024;
const MATCHES_AT_ONCE = 1000;

export interface FindOptions {
  q: string;
  regex: boolean;
  signal: AbortSignal;
  /** The share that was searched, from 0 to 1. */
  onProgress: (share: number) => void;
}

type Find = NonNullable<ByteSource['find']>;

/** The first match that begins at this byte or behind it; null where there is none up to the end. */
export async function findNext(find: Find, from: number, options: FindOptions): Promise<Match | null> {
  const { q, regex, signal, onProgress } = options;
  for (let next: { from: number } | null = { from }; next !== null; ) {
    const found = await find({ q, regex, from: next.from, limit: 1 }, signal);
    signal.throwIfAborted();
    if (found.matches[0] !== undefined) {
      return found.matches[0];
    }
    next = found.next;
    onProgress(((next?.from ?? found.sizeBytes) - from) / Math.max(1, found.sizeBytes - from));
  }
  return null;
}

/** The last match that begins before this byte; null where there is none from the beginning. */
export async function findPrevious(find: Find, before: number, options: FindOptions): Promise<Match | null> {
  let bytes = FIRST_PART_BYTES;
  for (let to = before; to > 0; bytes = Math.min(LAST_PART_BYTES, bytes * 4)) {
    const from = Math.max(0, to - bytes);
    const last = await findLast(find, { from, to }, options);
    if (last !== null) {
      return last;
    }
    to = from;
    options.onProgress(1 - to / before);
  }
  return null;
}

async function findLast(
  find: Find,
  { from, to }: { from: number; to: number },
  { q, regex, signal }: FindOptions,
): Promise<Match | null> {
  let last: Match | null = null;
  for (let next: { from: number } | null = { from }; next !== null && next.from < to; ) {
    const found = await find({ q, regex, from: next.from, to, limit: MATCHES_AT_ONCE }, signal);
    signal.throwIfAborted();
    last = found.matches.at(-1) ?? last;
    next = found.next;
  }
  return last;
}
