/**
 * Sends the parts of a divided upload: each stream takes the next part that is not complete, so that the front of the
 * file moves and the hashes of both ends can follow. A part whose connection breaks goes on from what the platform has.
 */
import type { Upload, UploadPart } from '@quarry/contract';
import { delay } from '../../delay.ts';
import { ApiError, ConflictError, ConnectionError, NotFoundError } from '../../errors.ts';
import { HELD_FOR_HASH_BYTES, MAX_STREAMS, UPLOAD_LOCKED_MS } from '../../limits.ts';
import { pauseBeforeRetry } from '../../retry.ts';
import type { Transport } from '../../transport.ts';
import { StreamCount } from '../adaptive-streams.ts';
import { type Connections, explain } from '../http.ts';
import type { FileHash } from './file-hash.ts';
import { PIECE_BYTES, PiecePool } from './piece-pool.ts';
import type { Report } from './report.ts';
import { PIECES_PER_STREAM, sendStretch } from './send-bytes.ts';
import type { Source } from './source.ts';
import type { TusUploads } from './tus.ts';

/** The platform does not have the upload any more. */
export class UploadGone extends Error {}

/** Another client sends bytes of the same upload. */
export class UploadTaken extends Error {}

export interface PartsOptions {
  transport: Transport;
  tus: TusUploads;
  source: Source;
  connections: Connections;
  /** Null when the digest is known. */
  hash: FileHash | null;
  report: Report;
  /** Found, not made by this client: another one may have found it too. */
  isAdopted: boolean;
  streams: number | undefined;
  maxStreams: number | undefined;
  signal: AbortSignal;
  /** Ends everything at the first failure; `signal` follows it. */
  cut: AbortController;
}

interface Part extends UploadPart {
  /** What this client believes to have come so far, in bytes of the part; more than is safe while it is sent. */
  sentBytes: number;
  /** The hash has been offered everything before this place in the file. */
  hashedTo: number;
}

const FIRST_LOCKED_PAUSE_MS = 100;
const LONGEST_LOCKED_PAUSE_MS = 2_000;
const LOCKED = 423;
const GONE = 410;
/** The word of a platform for a request that had to yield to a later one for the same part. */
const TAKEN_OVER = 'upload_taken_over';

export class PartsSender implements Disposable {
  readonly #options: PartsOptions;
  readonly #parts: Part[];
  readonly #pool: PiecePool;
  readonly #count: StreamCount;
  #queue: Part[] = [];
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | null = null;
  /** For progress: what is there by all we know. For the number of streams: what has moved. */
  #presentBytes: number;
  #movedBytes = 0;

  constructor(upload: Upload, options: PartsOptions) {
    const { hash, streams, maxStreams = MAX_STREAMS, signal } = options;
    this.#options = options;
    this.#parts = upload.parts.map((part) => {
      hash?.readAgain(part.start, part.start + part.receivedBytes);
      return { ...part, sentBytes: part.receivedBytes, hashedTo: part.start + part.receivedBytes };
    });
    this.#presentBytes = this.#parts.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
    this.#count = new StreamCount({ exactly: streams, max: maxStreams });
    const most = Math.max(streams ?? 0, maxStreams);
    const slots = most * PIECES_PER_STREAM + Math.ceil(HELD_FOR_HASH_BYTES / PIECE_BYTES);
    this.#pool = new PiecePool(slots, signal);
  }

  /** Sends what is missing of all parts. Rejects with `UploadGone`, `UploadTaken` or what broke for good. */
  async send(): Promise<void> {
    this.#queue = this.#parts.filter(({ receivedBytes, sizeBytes }) => receivedBytes < sizeBytes);
    this.#launch();
    while (this.#running.size > 0) {
      await Promise.race(this.#running);
    }
    this.#options.signal.throwIfAborted();
    if (this.#failure !== null) {
      throw this.#failure.error;
    }
  }

  /** Sends the parts that overlap these ranges once more, from their first byte. */
  async sendAgain(ranges: readonly { start: number; end: number }[]): Promise<void> {
    for (const part of this.#parts) {
      if (!ranges.some(({ start, end }) => start < part.start + part.sizeBytes && end > part.start)) {
        continue;
      }
      await this.#options.tus.delete(part.id);
      this.#believe(part, 0);
      part.receivedBytes = 0;
    }
    await this.send();
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }

  #launch(): void {
    while (this.#running.size < this.#count.wanted && this.#queue.length > 0 && this.#failure === null) {
      const stream = this.#stream()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => this.#running.delete(stream));
      this.#running.add(stream);
    }
  }

  async #stream(): Promise<void> {
    // A stream too many ends with its part; the one that is taken next counts this one.
    while (this.#running.size <= this.#count.wanted) {
      const part = this.#queue.shift();
      if (part === undefined) {
        return;
      }
      await this.#part(part);
    }
  }

  async #part(part: Part): Promise<void> {
    const { tus, transport, isAdopted, report, signal } = this.#options;
    let fruitless = 0;
    let locked = 0;
    let lockedSince: number | null = null;
    let hasBroken = false;
    for (let isFirst = true; part.receivedBytes < part.sizeBytes; isFirst = false) {
      const before = part.receivedBytes;
      try {
        if (!isFirst) {
          this.#received(part, await tus.offset(part.id));
        }
        if (part.receivedBytes < part.sizeBytes) {
          await this.#patch(part);
        }
        lockedSince = null;
        locked = 0;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = explain(thrown, 'PATCH', part.id);
        this.#believe(part, part.receivedBytes);
        if (error instanceof NotFoundError || (error instanceof ApiError && error.status === GONE)) {
          throw new UploadGone('The platform does not have the upload any more.', { cause: error });
        }
        if (part.receivedBytes > before) {
          fruitless = 0;
        }
        let pause: number | null;
        if (error instanceof ApiError && error.status === LOCKED) {
          // Not by a connection of ours that broke: somebody else is at it, and it is theirs as much as ours.
          if (isAdopted && (!hasBroken || error.code === TAKEN_OVER)) {
            throw new UploadTaken('Another client sends this upload.');
          }
          lockedSince ??= performance.now();
          const isTooLong = performance.now() - lockedSince > UPLOAD_LOCKED_MS;
          pause = isTooLong ? null : Math.min(FIRST_LOCKED_PAUSE_MS * 2 ** locked++, LONGEST_LOCKED_PAUSE_MS);
        } else {
          // 409: the bytes begin elsewhere than where the platform's end; HEAD will tell.
          const passing = error instanceof ConflictError ? new ConnectionError(error.message) : error;
          pause = pauseBeforeRetry(passing, 'always', fruitless++, transport.maxRetries);
          hasBroken = true;
        }
        if (pause === null) {
          throw error;
        }
        report.retry(error, Math.round(pause));
        await delay(pause, signal);
      }
    }
  }

  async #patch(part: Part): Promise<void> {
    const { tus, source, hash, connections } = this.#options;
    const start = part.start + part.receivedBytes;
    const end = part.start + part.sizeBytes;
    const offset = await tus.patch(
      part.id,
      { offset: part.receivedBytes, length: end - start, connections },
      (body) =>
        sendStretch(body, {
          source,
          start,
          end,
          pool: this.#pool,
          hash,
          hashedTo: part.hashedTo,
          onHashed: (position) => {
            part.hashedTo = position;
          },
          onSent: (bytes) => {
            this.#movedBytes += bytes;
            this.#believe(part, part.sentBytes + bytes);
            this.#count.tick(this.#movedBytes);
            this.#launch();
          },
        }),
    );
    this.#received(part, offset);
  }

  /** What the platform says to have of a part; the hash must read what this client did not send. */
  #received(part: Part, offset: number): void {
    part.receivedBytes = Math.min(offset, part.sizeBytes);
    const position = part.start + part.receivedBytes;
    if (position > part.hashedTo) {
      this.#options.hash?.readAgain(part.hashedTo, position);
      part.hashedTo = position;
    }
    this.#believe(part, part.receivedBytes);
  }

  #believe(part: Part, sentBytes: number): void {
    const change = sentBytes - part.sentBytes;
    part.sentBytes = sentBytes;
    if (change === 0) {
      return;
    }
    this.#presentBytes += change;
    try {
      this.#options.report.progress(this.#presentBytes);
    } catch (error) {
      // Bytes are counted in callbacks of sockets, where nobody else would catch it.
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#options.cut.abort(error);
  }
}
