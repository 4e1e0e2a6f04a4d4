/**
 * The engine of a download. The file is cut into segments; each stream takes the next segment, fills a slot of shared
 * memory from its connection, writes the slot in place, and gives it to the hash as soon as everything before it was
 * hashed. Segments are handed out in order, so the hash is never far behind and memory stays within the slots.
 *
 * A platform that ignores ranges answers the first request with the whole file: that one stream then carries all of
 * it, slot after slot, and the others never start.
 */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { delay } from '../delay.ts';
import { ConnectionError, IntegrityError, InvalidResponseError } from '../errors.ts';
import type { OnProgress } from '../lib/progress.ts';
import { fillPath } from '../path.ts';
import { pauseBeforeRetry } from '../retry.ts';
import type { Transport } from '../transport.ts';
import { openHash, type SequentialHash } from './hash-thread.ts';
import { type Connections, explain, get, headerOf, openConnections } from './http.ts';
import { RangeLine } from './range-line.ts';
import { SlotPool } from './slot-pool.ts';

export interface FetchRangesOptions {
  handle: FileHandle;
  sizeBytes: number;
  streams: number;
  onProgress: OnProgress | undefined;
  signal: AbortSignal | undefined;
}

const LARGEST_SEGMENT_BYTES = 8 * 1024 * 1024;
const SMALLEST_SEGMENT_BYTES = 1024 * 1024;
/** The disk is put to work after each so many bytes, so that little is left to wait for at the end. */
const WRITE_BACK_BYTES = 64 * 1024 * 1024;
/** Slots beyond one per stream, for segments that wait to be written or hashed. */
const SPARE_SLOTS = 3;

/** Fetches the whole file into `handle` and returns its SHA-512. */
export async function fetchRanges(
  transport: Transport,
  fileId: string,
  options: FetchRangesOptions,
): Promise<string> {
  using connections = openConnections();
  using hash = openHash(options.sizeBytes);
  const fetch = new RangeFetch(transport, fileId, options, connections, hash);
  await fetch.run();
  // Awaited here: the thread ends with this function.
  return await hash.digest();
}

class RangeFetch {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #options: FetchRangesOptions;
  readonly #connections: Connections;
  readonly #hash: SequentialHash;
  readonly #segmentBytes: number;
  readonly #slots: SlotPool;
  /** Ends everything at the first failure; follows the caller's signal. */
  readonly #cut = new AbortController();
  readonly #signal: AbortSignal;
  #failure: unknown = null;
  #mode: 'unknown' | 'ranges' | 'whole' = 'unknown';
  #nextStart = 0;
  #transferredBytes = 0;
  readonly #writes: Promise<void>[] = [];
  /** Filled slots that wait for their turn in the hash, by where they start. */
  readonly #unhashed = new Map<number, { memory: SharedArrayBuffer; length: number; release: () => void }>();
  #hashedUpTo = 0;
  #dirtyBytes = 0;
  #writingBack = false;

  constructor(
    transport: Transport,
    fileId: string,
    options: FetchRangesOptions,
    connections: Connections,
    hash: SequentialHash,
  ) {
    this.#transport = transport;
    this.#path = fillPath('/api/v2/files/:fileId/contents/', { fileId });
    this.#options = options;
    this.#connections = connections;
    this.#hash = hash;
    // Several segments per stream, so that all streams end at about the same time.
    const wanted = Math.ceil(options.sizeBytes / (options.streams * 4));
    this.#segmentBytes = Math.min(LARGEST_SEGMENT_BYTES, Math.max(SMALLEST_SEGMENT_BYTES, wanted));
    this.#signal = options.signal ? AbortSignal.any([options.signal, this.#cut.signal]) : this.#cut.signal;
    this.#slots = new SlotPool(this.#segmentBytes, options.streams + SPARE_SLOTS, this.#signal);
  }

  async run(): Promise<void> {
    const { sizeBytes, streams, signal } = this.#options;
    const wanted = Math.min(streams, Math.ceil(sizeBytes / this.#segmentBytes));
    const running: Promise<void>[] = [];
    const launch = () => {
      running.push(this.#stream(startOthers).catch((error: unknown) => this.#fail(error)));
    };
    // The first answer tells whether the platform serves ranges: the other streams wait for it.
    const startOthers = () => {
      while (this.#mode === 'ranges' && running.length < wanted) launch();
    };
    if (wanted > 0) launch();
    for (let index = 0; index < running.length; index++) await running[index];
    await Promise.all(this.#writes);
    if (signal?.aborted) throw signal.reason;
    if (this.#failure !== null) throw this.#failure;
  }

  async #stream(onAnswer: () => void): Promise<void> {
    using line = new RangeLine(this.#transport, this.#path, this.#options.sizeBytes, this.#signal);
    while (this.#nextStart < this.#options.sizeBytes) {
      const memory = await this.#slots.take();
      const start = this.#nextStart;
      const end = Math.min(start + this.#segmentBytes, this.#options.sizeBytes);
      this.#nextStart = end;
      // While this stream waited for a slot, others may have taken the rest.
      if (start < end) await this.#segment(start, end, memory, line, onAnswer);
      else this.#slots.give(memory);
    }
  }

  /** Fills one slot, going on from the last byte that arrived after each failure. */
  async #segment(
    start: number,
    end: number,
    memory: SharedArrayBuffer,
    line: RangeLine,
    onAnswer: () => void,
  ): Promise<void> {
    const { sizeBytes } = this.#options;
    const whole = end - start === sizeBytes;
    const bytes = new Uint8Array(memory, 0, end - start);
    let filled = 0;
    let everything: IncomingMessage | null = null;
    const onBytes = (count: number) => {
      filled += count;
      this.#count(count);
    };
    await this.#patiently(async () => {
      if (whole) this.#count(-filled);
      if (whole) filled = 0;
      const from = start + filled;
      // The first answer is read by a full client: it tells whether the plain one will do.
      const plainly = this.#mode === 'ranges' && !whole;
      if (plainly && (await line.get(from, end, bytes.subarray(filled), onBytes))) return;
      const response = await this.#get(whole ? null : { start: start + filled, end });
      if (!whole && response.statusCode !== 206) {
        if (start !== 0 || this.#mode !== 'unknown') throw this.#partIgnored(response);
        everything = response;
        return;
      }
      if (!whole) checkRange(response, start + filled, end, sizeBytes);
      this.#mode = 'ranges';
      onAnswer();
      await receive(response, (chunk) => {
        if (filled + chunk.byteLength > bytes.byteLength) throw tooLong(this.#path);
        bytes.set(chunk, filled);
        onBytes(chunk.byteLength);
      });
      if (filled < bytes.byteLength) throw tooShort(this.#path, start + filled, end);
    });
    if (everything === null) {
      this.#complete(start, memory, bytes.byteLength);
      return;
    }
    this.#mode = 'whole';
    this.#nextStart = sizeBytes;
    await this.#wholeBody(everything, memory);
  }

  /** Carries the whole file over one connection; after a failure it starts again and skips what is here already. */
  async #wholeBody(first: IncomingMessage, firstMemory: SharedArrayBuffer): Promise<void> {
    const { sizeBytes } = this.#options;
    let memory = firstMemory;
    let start = 0;
    let filled = 0;
    let response: IncomingMessage | null = first;
    await this.#patiently(async () => {
      response ??= await this.#get(null);
      const current = response;
      response = null;
      let skip = start + filled;
      for await (const chunk of current as AsyncIterable<Uint8Array>) {
        let rest = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - rest.byteLength;
        if (start + filled + rest.byteLength > sizeBytes) throw tooLong(this.#path);
        while (rest.byteLength > 0) {
          const taken = rest.subarray(0, memory.byteLength - filled);
          new Uint8Array(memory).set(taken, filled);
          filled += taken.byteLength;
          this.#count(taken.byteLength);
          rest = rest.subarray(taken.byteLength);
          if (filled === memory.byteLength || start + filled === sizeBytes) {
            this.#complete(start, memory, filled);
            start += filled;
            filled = 0;
            if (start < sizeBytes) memory = await this.#slots.take();
          }
        }
      }
      if (start < sizeBytes) throw tooShort(this.#path, start + filled, sizeBytes);
    });
  }

  /** Repeats what fails for passing reasons; each byte that arrived meanwhile makes the patience new. */
  async #patiently(once: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const before = this.#transferredBytes;
      try {
        await once();
        return;
      } catch (thrown) {
        this.#signal.throwIfAborted();
        const error = explain(thrown, 'GET', this.#transport.url(this.#path));
        if (this.#transferredBytes > before) attempt = 0;
        const pause = pauseBeforeRetry(error, 'always', attempt, this.#transport.maxRetries);
        if (pause === null) throw error;
        await delay(pause, this.#signal);
      }
    }
  }

  #get(range: { start: number; end: number } | null): Promise<IncomingMessage> {
    const headers: Record<string, string> = { accept: '*/*' };
    if (range !== null) headers.range = `bytes=${range.start}-${range.end - 1}`;
    return get(this.#transport, this.#path, {
      headers,
      connections: this.#connections,
      signal: this.#signal,
    });
  }

  /** A filled slot goes to disk at once and to the hash in its turn, and is free when both are done with it. */
  #complete(start: number, memory: SharedArrayBuffer, length: number): void {
    let users = 2;
    const release = () => {
      users -= 1;
      if (users === 0) this.#slots.give(memory);
    };
    const fail = (error: unknown) => this.#fail(error);
    const { handle } = this.#options;
    this.#writes.push(
      writeAll(handle, memory, length, start)
        .then(release)
        .then(() => this.#writeBack(length))
        .catch(fail),
    );
    this.#unhashed.set(start, { memory, length, release });
    for (;;) {
      const piece = this.#unhashed.get(this.#hashedUpTo);
      if (piece === undefined) return;
      this.#unhashed.delete(this.#hashedUpTo);
      this.#hashedUpTo += piece.length;
      this.#hash.update(piece.memory, 0, piece.length).then(piece.release, fail);
    }
  }

  /** Hardly anybody waits for these: the last sync finds most of the file on disk already. */
  async #writeBack(length: number): Promise<void> {
    this.#dirtyBytes += length;
    if (this.#writingBack || this.#dirtyBytes < WRITE_BACK_BYTES) return;
    this.#writingBack = true;
    this.#dirtyBytes = 0;
    await this.#options.handle.datasync();
    this.#writingBack = false;
  }

  #count(bytes: number): void {
    this.#transferredBytes += bytes;
    const { onProgress, sizeBytes } = this.#options;
    if (bytes === 0) return;
    try {
      onProgress?.({ transferredBytes: this.#transferredBytes, totalBytes: sizeBytes });
    } catch (error) {
      // Bytes arrive in callbacks of the socket, where nobody else would catch it.
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#cut.abort(error);
  }

  #partIgnored(response: IncomingMessage): InvalidResponseError {
    response.destroy();
    return new InvalidResponseError(
      `${this.#path} served some ranges and then ${response.statusCode} to another.`,
      {
        hint: 'Download again with one stream.',
      },
    );
  }
}

/** Events instead of iteration: a body of a gigabyte comes in many thousand chunks. */
function receive(response: IncomingMessage, onChunk: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Uint8Array) => {
      try {
        onChunk(chunk);
      } catch (error) {
        response.destroy(error as Error);
      }
    });
    response.once('end', resolve);
    response.once('error', reject);
    response.once('close', () =>
      reject(new ConnectionError('The connection closed in the middle of the body.')),
    );
  });
}

async function writeAll(
  handle: FileHandle,
  memory: SharedArrayBuffer,
  length: number,
  position: number,
): Promise<void> {
  const bytes = new Uint8Array(memory);
  for (let done = 0; done < length; ) {
    done += (await handle.write(bytes, done, length - done, position + done)).bytesWritten;
  }
}

function checkRange(response: IncomingMessage, start: number, end: number, sizeBytes: number): void {
  const found = headerOf(response, 'content-range');
  const asked = `bytes ${start}-${end - 1}`;
  if (found === `${asked}/${sizeBytes}` || found === `${asked}/*`) return;
  response.destroy();
  throw new IntegrityError(
    `The platform sent ${found ?? 'an unnamed part'} of a file of ${sizeBytes} bytes where ${asked} was asked.`,
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
