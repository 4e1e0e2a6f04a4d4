/** Searches a file block by block on a thread of its own: an expression of somebody's may take for ever. */
import { Worker } from 'node:worker_threads';
import type { MatchesInFile } from '@quarry/contract';
import { LIMITS } from '../../limits.ts';
import { invalidFields, refused, tooManyRequests } from '../../problems.ts';
import { type BlockFound, type BlockPart, expressionOf, type Wish } from './search-block.ts';

/** What is searched. */
interface Bytes {
  readonly sizeBytes: number;
  /** Fills `into` from `position` on, perhaps not wholly; answers the number of bytes, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
}

export interface WantedSearch extends Wish {
  /** In bytes. */
  from: number;
  /** Of the line there, where somebody knows. */
  line?: number | undefined;
  /** Matches begin before it. */
  to?: number | undefined;
  limit: number;
}

const BLOCK_BYTES = 1024 * 1024;
const NEW_LINE = 0x0a;
/** Of the line, before the match and from its beginning on. */
const SHOWN_BYTES = { before: 120, after: 400 };
const RETRY_AFTER_SECONDS = 2;

let searches = 0;

/** Matches from `from` on, as many and in as much of the file as one request gets. Leaves the reader open. */
export async function searchFile(
  reader: Bytes,
  wanted: WantedSearch,
  signal: AbortSignal,
): Promise<MatchesInFile> {
  refuseNoExpression(wanted);
  if (searches >= LIMITS.searches) {
    throw tooManyRequests(`${searches} searches in files are under way, the most that may.`, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      hint: 'Ask again in a moment.',
    });
  }
  searches += 1;
  const thread = new SearchThread(wanted);
  try {
    return await search(reader, wanted, thread, signal);
  } finally {
    searches -= 1;
    await thread.end();
  }
}

async function search(
  reader: Bytes,
  wanted: WantedSearch,
  thread: SearchThread,
  signal: AbortSignal,
): Promise<MatchesInFile> {
  const { sizeBytes } = reader;
  const all = Math.min(sizeBytes, wanted.to ?? sizeBytes);
  const end = Math.min(all, wanted.from + LIMITS.findBytes);
  // Reading takes its time, too, where an agent is asked for each piece.
  const enoughAt = performance.now() + LIMITS.findSeconds * 1000;
  const matches: MatchesInFile['matches'] = [];
  let line = wanted.line ?? (wanted.from === 0 ? 1 : null);
  let memory = new Uint8Array(BLOCK_BYTES);
  let position = wanted.from < sizeBytes ? await lineBegin(reader, memory, wanted.from) : wanted.from;
  // The beginning of a line, and of a word, is where it is in the file, not where somebody goes on.
  let skipped = wanted.from - position;
  const begun = position;
  while (position < end && (position === begun || performance.now() < enoughAt)) {
    signal.throwIfAborted();
    const count = await fill(reader, memory, position);
    if (count === 0) {
      break;
    }
    // To the end of a line, unless it is longer than a block.
    const feed = position + count < sizeBytes ? memory.lastIndexOf(NEW_LINE, count - 1) : -1;
    const length = feed === -1 ? count : feed + 1;
    const { found, block } = await thread.search(memory.subarray(0, length), {
      from: skipped,
      limit: wanted.limit - matches.length,
    });
    memory = new Uint8Array(block.buffer);
    skipped = 0;
    for (const match of found.matches) {
      if (position + match.offset >= all) {
        return { matches, next: null, sizeBytes };
      }
      line = line === null ? null : line + match.lines;
      const begin = Math.max(match.lineOffset, match.offset - SHOWN_BYTES.before);
      const shown = memory.subarray(begin, Math.min(match.lineEnd, match.offset + SHOWN_BYTES.after));
      matches.push({
        offset: position + match.offset,
        length: match.length,
        line,
        lineOffset: position + match.lineOffset,
        text: Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength).toString().replace(/\r$/, ''),
      });
    }
    if (matches.length >= wanted.limit) {
      const last = found.matches.at(-1)!;
      // Empty matches count once a line.
      const isEmpty = last.length === 0;
      const from = position + (isEmpty ? last.lineEnd + 1 : last.offset + last.length);
      const next = { from, line: isEmpty && line !== null ? line + 1 : line };
      return { matches, next: from < all ? next : null, sizeBytes };
    }
    line = line === null ? null : line + found.linesLeft;
    position += length;
  }
  return { matches, next: position < all ? { from: position, line } : null, sizeBytes };
}

/** Where the line begins that has this place, unless that is more than a block before it; uses the memory. */
async function lineBegin(reader: Bytes, memory: Uint8Array, place: number): Promise<number> {
  const before = memory.subarray(0, Math.min(place, BLOCK_BYTES - 1));
  const first = place - before.byteLength;
  const feed = before.lastIndexOf(NEW_LINE, (await fill(reader, before, first)) - 1);
  return feed === -1 ? (first === 0 ? 0 : place) : first + feed + 1;
}

async function fill(reader: Bytes, into: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < into.byteLength) {
    const count = await reader.read(into.subarray(filled), position + filled);
    if (count === 0) {
      break;
    }
    filled += count;
  }
  return filled;
}

function refuseNoExpression(wish: Wish): void {
  try {
    expressionOf(wish);
  } catch (error) {
    throw invalidFields({ q: [`This is no regular expression: ${(error as Error).message}.`] });
  }
}

interface Reply {
  found: BlockFound;
  block: Uint8Array<ArrayBuffer>;
}

class SearchThread {
  readonly #worker: Worker;
  /** Of the time that an expression gets. */
  #leftMs = LIMITS.findSeconds * 1000;

  constructor({ q, regex, matchCase }: Wish) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const file = new URL(`./search-worker.${extension}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: { q, regex, matchCase } satisfies Wish });
    this.#worker.unref();
  }

  /** The memory of the block comes back with the answer. */
  async search(block: Uint8Array<ArrayBuffer>, part: BlockPart): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const fail = () => reject(new Error('The thread of a search ended before its work was done.'));
    this.#worker.once('message', resolve);
    this.#worker.once('error', reject);
    this.#worker.once('exit', fail);
    const begunAt = performance.now();
    const timer = setTimeout(() => reject(tooSlow()), Math.max(0, this.#leftMs));
    this.#worker.postMessage({ block, part }, [block.buffer]);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#leftMs -= performance.now() - begunAt;
      this.#worker.off('message', resolve);
      this.#worker.off('error', reject);
      this.#worker.off('exit', fail);
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function tooSlow() {
  return refused(`The search took longer than ${LIMITS.findSeconds} s and was given up.`, {
    code: 'search_too_slow',
    hint: 'Write the expression so that it has fewer ways to match, such as without one repetition inside another, or look for a plain text.',
  });
}
