/**
 * Where the lines of a file begin, so that whoever shows a part of it can number its lines. Found by reading it once from its
 * beginning; of files whose bytes never change the indexes that were asked for last are kept (decisions/048).
 */
import type { LineIndex } from '@quarry/contract';
import { LIMITS } from '../limits.ts';
import { tooManyRequests } from '../problems.ts';

/** More are thinned out: every second goes, and the distance doubles. */
const MAX_OFFSETS = 10_000;
/** So little that nobody notices that the event loop is held up by it. */
const BLOCK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;
const RETRY_AFTER_SECONDS = 2;

/** Bytes that are read in order. */
interface Bytes {
  readonly sizeBytes: number;
  /** Fills `into` from `position` on; answers the number of bytes, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
}

let underWay = 0;

/** Reads as much of a file as one request gets, and says where its lines begin. Leaves the reader open. */
export async function indexLines(bytes: Bytes, every: number, signal: AbortSignal): Promise<LineIndex> {
  if (underWay >= LIMITS.lineIndexes) {
    throw tooManyRequests(`The lines of ${underWay} files are being counted, the most that may.`, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      hint: 'Ask again in a moment.',
    });
  }
  underWay += 1;
  try {
    return await index(bytes, every, signal);
  } finally {
    underWay -= 1;
  }
}

async function index({ sizeBytes, read }: Bytes, wanted: number, signal: AbortSignal): Promise<LineIndex> {
  const deadline = performance.now() + LIMITS.lineIndexSeconds * 1000;
  const end = Math.min(sizeBytes, LIMITS.lineIndexBytes);
  const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, Math.max(1, end)));
  let every = wanted;
  let offsets: number[] = end === 0 ? [] : [0];
  let feeds = 0;
  let nextAt = every;
  let position = 0;
  let isEnded = true;
  while (position < end && performance.now() < deadline) {
    signal.throwIfAborted();
    const count = await read(block.subarray(0, Math.min(block.length, end - position)), position);
    if (count === 0) {
      break;
    }
    for (let at = 0; at < count; at += 1) {
      if (block[at] === LINE_FEED) {
        feeds += 1;
        if (feeds === nextAt) {
          offsets.push(position + at + 1);
          if (offsets.length > MAX_OFFSETS) {
            offsets = offsets.filter((_offset, place) => place % 2 === 0);
            every *= 2;
          }
          nextAt = offsets.length * every;
        }
      }
    }
    position += count;
    isEnded = block[count - 1] === LINE_FEED;
  }
  // Behind the last line feed of all there is no line.
  if (offsets.at(-1) === position) {
    offsets.pop();
  }
  const lineCount = feeds + (isEnded ? 0 : 1);
  return { offsets, every, lineCount, indexedBytes: position, sizeBytes };
}

/** Indexes of files whose bytes never change, each made once for all who ask for it while it is kept. */
export class LineIndexes {
  readonly #kept = new Map<string, Promise<LineIndex>>();

  /** `open` is called where it has to be made; who has it made waits for it, and so do others: it goes on without them. */
  async of(
    sha512: string,
    every: number,
    open: () => Promise<Bytes & { close(): Promise<void> }>,
  ): Promise<LineIndex> {
    const key = `${sha512}/${every}`;
    const index = this.#kept.get(key) ?? make(open, every);
    // Moved to the end of the map, whose first is the one that nobody has asked for longest.
    this.#kept.delete(key);
    this.#kept.set(key, index);
    index.catch(() => {
      if (this.#kept.get(key) === index) {
        this.#kept.delete(key);
      }
    });
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > LIMITS.lineIndexesKept && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
    const { indexedBytes, sizeBytes } = await index;
    // A disk that was slow may be quicker the next time.
    if (indexedBytes < Math.min(sizeBytes, LIMITS.lineIndexBytes) && this.#kept.get(key) === index) {
      this.#kept.delete(key);
    }
    return await index;
  }
}

async function make(
  open: () => Promise<Bytes & { close(): Promise<void> }>,
  every: number,
): Promise<LineIndex> {
  const bytes = await open();
  try {
    return await indexLines(bytes, every, new AbortController().signal);
  } finally {
    await bytes.close();
  }
}
