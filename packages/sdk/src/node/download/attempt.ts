/**
 * Fetches what is missing of a file, over as many streams as come. The first answer tells whether the server serves
 * ranges: until then only one stream gets work. A server that answers the whole file instead is read by that one
 * stream to the end.
 */
import { InvalidResponseError, QuarryError } from '../../errors.ts';
import { type BodyWriter, type Segment, SegmentWriter } from './body-writer.ts';
import type { PartialFile } from './partial-file.ts';
import { patiently } from './patience.ts';
import type { Body, Remote } from './remote.ts';
import { Segments } from './segments.ts';
import { Sink } from './sink.ts';
import { tooLong, tooShort } from './small-file.ts';
import { receive, type StreamConnection } from './stream-connection.ts';
import type { TransferContext } from './transfer-context.ts';

/** What the first answer is asked for at most: others wait for it. */
const FIRST_SEGMENT_BYTES = 1024 * 1024;

export interface AttemptOptions {
  remote: Remote;
  partial: PartialFile;
  context: TransferContext;
  /** Ends the file, and this attempt with it. */
  onFailure: (error: unknown) => void;
  /** The server serves ranges, and what it says of the file is known. */
  onAnswer: (remote: Remote) => Promise<void>;
  /** What is there is of no use; nothing more is fetched. */
  onRestart: (why: string) => void;
}

/** A stream leaves its work to others; ours, so that nobody tries again. */
class Left extends QuarryError {
  override name = 'Left';

  constructor() {
    super('The stream left.');
  }
}

export class Attempt implements Disposable {
  readonly remote: Remote;
  readonly #options: AttemptOptions;
  readonly #segments: Segments;
  readonly #sink: Sink;
  readonly #cut = new AbortController();
  readonly #signal: AbortSignal;
  #mode: 'unknown' | 'ranges' | 'whole' = 'unknown';
  #isProbing = false;

  constructor(options: AttemptOptions) {
    const { remote, partial, context, onFailure } = options;
    this.#options = options;
    this.remote = remote;
    this.#signal = AbortSignal.any([context.signal, this.#cut.signal]);
    this.#segments = new Segments(
      partial.stretches.missingBefore(remote.sizeBytes ?? Number.POSITIVE_INFINITY),
    );
    this.#sink = new Sink(partial, context.hashes.open(), context.slots, onFailure);
    this.#signal.addEventListener('abort', () => this.#sink.stop(), { once: true });
  }

  /** Something for one more stream to fetch. */
  take(): ((connection: StreamConnection) => Promise<void>) | null {
    if (this.#cut.signal.aborted) {
      return null;
    }
    if (this.#mode !== 'ranges') {
      if (this.#isProbing) {
        return null;
      }
      this.#isProbing = true;
    }
    const wanted = this.#options.context.segmentBytes();
    return this.#work(this.#segments.take(this.#isProbing ? Math.min(wanted, FIRST_SEGMENT_BYTES) : wanted));
  }

  /** A share of what another stream has left. */
  split(): ((connection: StreamConnection) => Promise<void>) | null {
    if (this.#mode !== 'ranges' || this.#cut.signal.aborted) {
      return null;
    }
    return this.#work(this.#segments.split(performance.now()));
  }

  /** Ends all streams of it. */
  stop(reason: unknown): void {
    this.#cut.abort(reason);
  }

  /** Resolves when nothing is written or hashed any more. */
  settled(): Promise<void> {
    return this.#sink.settled();
  }

  /** The SHA-512 of the file, all of which is there. */
  digest(): Promise<string> {
    return this.#sink.digest();
  }

  [Symbol.dispose](): void {
    this.#cut.abort(new Error('The attempt has ended.'));
    this.#sink[Symbol.dispose]();
  }

  #work(segment: Segment | null): ((connection: StreamConnection) => Promise<void>) | null {
    return segment && ((connection) => this.#fetch(segment, connection));
  }

  async #fetch(segment: Segment, connection: StreamConnection): Promise<void> {
    const { context, partial } = this.#options;
    const { path } = partial;
    const taken = new AbortController();
    segment.interrupt = () => taken.abort(new Left());
    let gained = 0;
    const writer = new SegmentWriter(segment, context.slots, this.#sink, (count) => {
      gained += count;
      context.onBytes(path, count);
    });
    const signal = AbortSignal.any([this.#signal, taken.signal]);
    try {
      await patiently(() => this.#once(segment, writer, connection, signal), {
        remote: this.remote,
        signal,
        gainedBytes: () => gained,
        onRetry: (message, waitMs) => context.onEvent({ type: 'retry', path, message, waitMs }),
        onRefusal: () => {
          context.onRefusal();
          if (context.mayLeave()) {
            throw new Left();
          }
        },
      });
    } catch (error) {
      if (!(error instanceof Left)) {
        throw error;
      }
    } finally {
      writer.flush();
      segment.interrupt = null;
      this.#segments.giveBack(segment);
      if (this.#mode !== 'ranges') {
        this.#isProbing = false;
      }
    }
  }

  async #once(
    segment: Segment,
    writer: BodyWriter,
    connection: StreamConnection,
    signal: AbortSignal,
  ): Promise<void> {
    while (!writer.isDone) {
      if (this.#mode === 'whole') {
        return this.#readWhole(null, segment, writer, connection, signal);
      }
      const range = { start: segment.at, end: segment.end };
      if (this.#mode === 'ranges' && (await connection.readPlainly(this.remote, range, writer, signal))) {
        continue;
      }
      const body = await connection.ask(this.remote, range, signal);
      if (body.kind === 'whole') {
        return this.#readWhole(body, segment, writer, connection, signal);
      }
      if (this.remote.sizeBytes === null) {
        // A part of a file whose size the server does not know.
        if (body.kind === 'range') {
          body.response.destroy();
        }
        this.#expectWhole(segment);
        continue;
      }
      this.#segments.limit(this.remote.sizeBytes);
      if (body.kind === 'empty') {
        return;
      }
      await this.#serveRanges();
      await receive(body.response, writer, signal);
      if (segment.at === range.start) {
        throw tooShort(this.remote.source, segment.at, body.end);
      }
    }
  }

  async #serveRanges(): Promise<void> {
    if (this.#mode === 'ranges') {
      return;
    }
    await this.#options.onAnswer(this.remote);
    this.#mode = 'ranges';
    this.#isProbing = false;
    this.#options.context.kick();
  }

  #expectWhole(segment: Segment): void {
    const { source, sizeBytes } = this.remote;
    if (this.#mode === 'ranges') {
      throw new InvalidResponseError(
        `${source.name}: the server served some ranges, and all of the file to another.`,
        {
          hint: 'Download it again with one stream.',
        },
      );
    }
    if (segment.at > 0 || this.#options.partial.stretches.bytes > 0) {
      this.#restart('The server serves no ranges: it is begun anew.');
    }
    this.#mode = 'whole';
    this.#segments.limit(0);
    segment.end = sizeBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Carries the whole file over one connection; after a failure it starts again and skips what is here already. */
  async #readWhole(
    answer: Body | null,
    segment: Segment,
    writer: BodyWriter,
    connection: StreamConnection,
    signal: AbortSignal,
  ): Promise<void> {
    const { remote } = this;
    if (this.#mode !== 'whole') {
      this.#expectWhole(segment);
    }
    const isSameForSure = remote.validator !== null || remote.source.sha512 !== null;
    if (segment.at > 0 && !isSameForSure) {
      this.#restart('The connection broke: it is begun anew.');
    }
    const body = answer ?? (await connection.ask(remote, null, signal));
    if (body.kind !== 'whole') {
      throw tooShort(remote.source, segment.at, segment.end);
    }
    const reader = segment.at > 0 ? new SkippingPen(writer, segment.at) : writer;
    if (await receive(body.response, reader, signal)) {
      throw tooLong(remote.source);
    }
    if (segment.end === Number.POSITIVE_INFINITY) {
      // An answer without a length that has come to its end.
      remote.sizeBytes = segment.at;
      segment.end = segment.at;
    }
    if (!writer.isDone) {
      throw tooShort(remote.source, segment.at, segment.end);
    }
  }

  #restart(why: string): never {
    this.#options.onRestart(why);
    const left = new Left();
    // Nothing more is handed out: whoever came for it would only leave again.
    this.#cut.abort(left);
    throw left;
  }
}

/** Leaves out the first bytes. */
class SkippingPen implements BodyWriter {
  readonly #writer: BodyWriter;
  readonly #scratch = new Uint8Array(64 * 1024);
  #left: number;

  constructor(writer: BodyWriter, bytes: number) {
    this.#writer = writer;
    this.#left = bytes;
  }

  get isDone(): boolean {
    return this.#writer.isDone;
  }

  room(): Uint8Array {
    return this.#left > 0 ? this.#scratch.subarray(0, this.#left) : this.#writer.room();
  }

  took(count: number): void {
    if (this.#left > 0) {
      this.#left -= count;
    } else {
      this.#writer.took(count);
    }
  }

  whenRoom(signal: AbortSignal): Promise<void> {
    return this.#writer.whenRoom(signal);
  }
}
