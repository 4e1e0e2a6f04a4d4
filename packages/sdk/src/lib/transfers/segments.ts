import { ConnectionError, IntegrityError, InvalidResponseError, LocalFileError } from '../../errors.ts';
import { SEGMENT_BYTES, SPARE_SEGMENTS } from '../../limits.ts';
import { fillPath } from '../../path.ts';
import type { Transport } from '../../transport.ts';
import { downloadFrom } from '../download.ts';
import type { ByteRange } from './part-digests.ts';
import { patiently } from './patience.ts';
import { openSha512 } from './sha512.ts';
import type { DownloadSink } from './sink.ts';

export interface SegmentOptions {
  sizeBytes: number;
  streams: number;
  signal: AbortSignal | undefined;
  /** Told how many bytes are here, whenever some came. */
  onBytes: (hereBytes: number) => void;
  onRetry: (error: Error, waitMs: number) => void;
}

/** The segments of one file on their way into a sink and through a hash. */
export class FetchedSegments {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #sink: DownloadSink;
  readonly #options: SegmentOptions;
  /** By index: written to the sink. */
  readonly #isHere: boolean[];
  /** Fetched and not hashed yet, by index. */
  readonly #waiting = new Map<number, Uint8Array<ArrayBuffer>>();
  /** Whoever waits for something to change: the hash for its next segment, streams for room. */
  #wake: () => void = () => {};
  #changed = Promise.resolve();
  #writing: Promise<unknown> = Promise.resolve();
  #underWay: Promise<unknown> = Promise.resolve();
  #nextToFetch = 0;
  #nextToHash = 0;
  #arrivedBytes = 0;
  #servesRanges: boolean | null = null;

  constructor(transport: Transport, fileId: string, sink: DownloadSink, options: SegmentOptions) {
    this.#transport = transport;
    this.#path = fillPath('/api/v2/files/:fileId/contents/', { fileId });
    this.#sink = sink;
    this.#options = options;
    this.#isHere = new Array(Math.ceil(options.sizeBytes / SEGMENT_BYTES)).fill(false);
  }

  /** Takes stretches of the sink for segments that are there. */
  keep(ranges: readonly ByteRange[]): void {
    for (const index of this.#isHere.keys()) {
      const { start, end } = this.#range(index);
      this.#isHere[index] = ranges.some((range) => range.start <= start && end <= range.end);
    }
    this.#arrivedBytes = this.hereBytes;
  }

  /** Forgets the segments that overlap with one of the stretches. */
  drop(ranges: readonly ByteRange[]): void {
    for (const index of this.#isHere.keys()) {
      const { start, end } = this.#range(index);
      if (ranges.some((range) => range.start < end && start < range.end)) {
        this.#isHere[index] = false;
      }
    }
    this.#arrivedBytes = this.hereBytes;
  }

  get hereBytes(): number {
    return this.#isHere.reduce((sum, isHere, index) => sum + (isHere ? this.#lengthOf(index) : 0), 0);
  }

  get contiguousBytes(): number {
    const gap = this.#isHere.indexOf(false);
    return gap === -1 ? this.#options.sizeBytes : gap * SEGMENT_BYTES;
  }

  /** Resolves when nothing writes any more, whatever became of it. */
  async settled(): Promise<void> {
    await this.#underWay.catch(() => {});
    await this.#writing.catch(() => {});
  }

  /** Fetches what is not here, and answers the SHA-512 of the whole. */
  async fetchMissing(): Promise<string> {
    const cut = new AbortController();
    const { signal: given } = this.#options;
    const signal = given ? AbortSignal.any([given, cut.signal]) : cut.signal;
    this.#nextToFetch = 0;
    this.#nextToHash = 0;
    this.#waiting.clear();
    this.#stir();
    // Everyone is waited for, also after a failure: nobody may touch the sink when this has ended.
    const all = [this.#hashAll(signal), ...this.#streams(signal)];
    const watched = all.map((each) =>
      each.catch((error: unknown) => {
        cut.abort(error);
        this.#stir();
        throw error;
      }),
    );
    const everything = Promise.allSettled(watched);
    this.#underWay = everything;
    const [sha512] = await Promise.all(watched);
    await everything;
    return sha512 as string;
  }

  #streams(signal: AbortSignal): Promise<undefined>[] {
    return Array.from({ length: this.#options.streams }, async (_, index) => {
      // The first answer tells whether the platform serves ranges: the other streams wait for it.
      if (index > 0) {
        await this.#until(() => this.#servesRanges !== null || this.#isAllTaken(), signal);
      }
      while (true) {
        const next = this.#isHere.indexOf(false, this.#nextToFetch);
        if (next === -1 || this.#isAllTaken()) {
          break;
        }
        this.#nextToFetch = next + 1;
        const ahead = this.#options.streams + SPARE_SEGMENTS;
        await this.#until(() => next - this.#nextToHash < ahead, signal);
        await this.#fetchSegment(next, signal);
      }
      this.#nextToFetch = this.#isHere.length;
      this.#stir();
      return undefined;
    });
  }

  #isAllTaken(): boolean {
    return this.#nextToFetch >= this.#isHere.length;
  }

  async #fetchSegment(index: number, signal: AbortSignal): Promise<void> {
    const { start, end } = this.#range(index);
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    const once = async () => {
      const range = { start: start + filled, end: end - 1 };
      const call = { signal, timeoutMs: this.#transport.timeoutMs };
      let response: Response;
      try {
        response = await downloadFrom(this.#transport, this.#path, { range, ...call });
      } catch (error) {
        if (!(error instanceof InvalidResponseError) || this.#servesRanges === true) {
          throw error;
        }
        await this.#fetchWhole(signal);
        return false;
      }
      checkRange(response, range, this.#options.sizeBytes);
      this.#servesRanges = true;
      this.#stir();
      for await (const chunk of chunksOf(response)) {
        if (filled + chunk.byteLength > bytes.byteLength) {
          throw tooLong(this.#path);
        }
        bytes.set(chunk, filled);
        filled += chunk.byteLength;
        this.#count(chunk.byteLength);
      }
      if (filled < bytes.byteLength) {
        throw tooShort(this.#path, start + filled, end);
      }
      return true;
    };
    const { onRetry } = this.#options;
    const arrived = () => filled;
    if (await patiently(once, { transport: this.#transport, signal, arrived, onRetry })) {
      await this.#arrive(index, bytes);
    }
  }

  /** A platform that ignores ranges: one stream carries everything; after a failure it begins anew and skips. */
  async #fetchWhole(signal: AbortSignal): Promise<void> {
    this.#nextToFetch = this.#isHere.length;
    this.#stir();
    let done = 0;
    const once = async () => {
      let position = 0;
      let index = done;
      let bytes = new Uint8Array(this.#lengthOf(index));
      let filled = 0;
      const before = this.#arrivedBytes;
      try {
        for await (const chunk of chunksOf(await downloadFrom(this.#transport, this.#path, { signal }))) {
          let rest = chunk.subarray(Math.max(0, done * SEGMENT_BYTES - position));
          position += chunk.byteLength;
          while (rest.byteLength > 0) {
            if (index >= this.#isHere.length) {
              throw tooLong(this.#path);
            }
            const taken = rest.subarray(0, bytes.byteLength - filled);
            bytes.set(taken, filled);
            filled += taken.byteLength;
            this.#count(taken.byteLength);
            rest = rest.subarray(taken.byteLength);
            if (filled < bytes.byteLength) {
              continue;
            }
            const ahead = index;
            await this.#until(() => ahead - this.#nextToHash <= SPARE_SEGMENTS, signal);
            await this.#arrive(index, bytes);
            index += 1;
            filled = 0;
            if (index < this.#isHere.length) {
              bytes = new Uint8Array(this.#lengthOf(index));
            }
          }
        }
        if (index < this.#isHere.length) {
          throw tooShort(this.#path, position, this.#options.sizeBytes);
        }
      } finally {
        if (index < this.#isHere.length) {
          this.#arrivedBytes = before + (index - done) * SEGMENT_BYTES;
        }
        done = index;
      }
    };
    const { onRetry } = this.#options;
    await patiently(once, { transport: this.#transport, signal, arrived: () => done, onRetry });
  }

  async #arrive(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const mine = this.#writing.then(() => this.#write(this.#range(index).start, bytes));
    this.#writing = mine;
    await mine;
    this.#isHere[index] = true;
    if (index >= this.#nextToHash) {
      this.#waiting.set(index, bytes);
    }
    this.#stir();
  }

  async #write(position: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#sink.write(position, bytes);
    } catch (cause) {
      if (!(cause instanceof Error && cause.name === 'QuotaExceededError')) {
        throw cause;
      }
      throw new LocalFileError('disk_full', 'The browser has no more room for this page on its disk.', {
        cause,
        hint: 'Free space on the disk, or in the settings of the site, and download again: what is here is kept.',
      });
    }
  }

  async #hashAll(signal: AbortSignal): Promise<string> {
    const hash = await openSha512();
    const readable = new Set([...this.#isHere.keys()].filter((index) => this.#isHere[index]));
    for (; this.#nextToHash < this.#isHere.length; this.#nextToHash++) {
      const index = this.#nextToHash;
      this.#stir();
      signal.throwIfAborted();
      if (readable.has(index)) {
        await hash.update(await this.#read(index));
      } else {
        await this.#until(() => this.#waiting.has(index), signal);
        await hash.update(this.#waiting.get(index) as Uint8Array);
      }
      this.#waiting.delete(index);
    }
    return hash.digest();
  }

  #read(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const { start, end } = this.#range(index);
    const mine = this.#writing.then(() => (this.#sink as Required<DownloadSink>).read(start, end));
    this.#writing = mine;
    return mine;
  }

  async #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition()) {
      signal.throwIfAborted();
      await this.#changed;
    }
  }

  #stir(): void {
    this.#wake();
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #count(bytes: number): void {
    this.#arrivedBytes += bytes;
    this.#options.onBytes(this.#arrivedBytes);
  }

  #range(index: number): ByteRange {
    const start = index * SEGMENT_BYTES;
    return { start, end: Math.min(start + SEGMENT_BYTES, this.#options.sizeBytes) };
  }

  #lengthOf(index: number): number {
    const { start, end } = this.#range(index);
    return end - start;
  }
}

/** Not every browser can iterate over a body. */
async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return;
  }
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    // What was left unread must not hold its connection; a body that failed has nothing to cancel.
    await reader.cancel().catch(() => {});
  }
}

/** Pages of another origin may not see the header; the digest tells in the end. */
function checkRange(response: Response, { start, end }: ByteRange, sizeBytes: number): void {
  const found = response.headers.get('content-range');
  const asked = `bytes ${start}-${end}`;
  if (found === null || found === `${asked}/${sizeBytes}` || found === `${asked}/*`) {
    return;
  }
  throw new IntegrityError(
    `The platform sent ${found} of a file of ${sizeBytes} bytes where ${asked} was asked.`,
    {
      hint: 'The file may have changed meanwhile: download it again.',
    },
  );
}

function tooLong(path: string): IntegrityError {
  return new IntegrityError(`${path} sends more bytes than the file has by its metadata.`, {
    hint: 'The file may have changed meanwhile: download it again.',
  });
}

function tooShort(path: string, position: number, end: number): ConnectionError {
  return new ConnectionError(`${path} ended at byte ${position} before ${end}.`, { hint: 'Try again.' });
}
