/**
 * Fetches what is missing of a file, over as many streams as come. The first answer tells whether the server serves
 * ranges: until then only one stream gets work. A server that answers the whole file instead is read by that one
 * stream to the end.
 */
import { InvalidResponseError, QuarryError } from '../../errors.ts';
import { type Line, receive } from './line.ts';
import type { PartialFile } from './partial-file.ts';
import { patiently } from './patience.ts';
import { type Pen, type Segment, SlotPen } from './pen.ts';
import type { Body, Remote } from './remote.ts';
import { Segments } from './segments.ts';
import type { Shared } from './shared.ts';
import { Sink } from './sink.ts';
import { tooLong, tooShort } from './small-file.ts';

/** What the first answer is asked for at most: others wait for it. */
const FIRST_SEGMENT_BYTES = 1024 * 1024;

export interface AttemptOptions {
  remote: Remote;
  partial: PartialFile;
  shared: Shared;
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
    const { remote, partial, shared, onFailure } = options;
    this.#options = options;
    this.remote = remote;
    this.#signal = AbortSignal.any([shared.signal, this.#cut.signal]);
    this.#segments = new Segments(
      partial.stretches.missingBefore(remote.sizeBytes ?? Number.POSITIVE_INFINITY),
    );
    this.#sink = new Sink(partial, shared.hashes.open(), shared.slots, onFailure);
    this.#signal.addEventListener('abort', () => this.#sink.stop(), { once: true });
  }

  /** Something for one more stream to fetch. */
  take(): ((line: Line) => Promise<void>) | null {
    if (this.#cut.signal.aborted) return null;
    if (this.#mode !== 'ranges') {
      if (this.#isProbing) return null;
      this.#isProbing = true;
    }
    const wanted = this.#options.shared.segmentBytes();
    return this.#work(this.#segments.take(this.#isProbing ? Math.min(wanted, FIRST_SEGMENT_BYTES) : wanted));
  }

  /** A share of what another stream has left. */
  split(): ((line: Line) => Promise<void>) | null {
    if (this.#mode !== 'ranges' || this.#cut.signal.aborted) return null;
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

  #work(segment: Segment | null): ((line: Line) => Promise<void>) | null {
    return segment && ((line) => this.#fetch(segment, line));
  }

  async #fetch(segment: Segment, line: Line): Promise<void> {
    const { shared, partial } = this.#options;
    const { path } = partial;
    const taken = new AbortController();
    segment.interrupt = () => taken.abort(new Left());
    let gained = 0;
    const pen = new SlotPen(segment, shared.slots, this.#sink, (count) => {
      gained += count;
      shared.onBytes(path, count);
    });
    const signal = AbortSignal.any([this.#signal, taken.signal]);
    try {
      await patiently(() => this.#once(segment, pen, line, signal), {
        remote: this.remote,
        signal,
        gainedBytes: () => gained,
        onRetry: (message, waitMs) => shared.onEvent({ type: 'retry', path, message, waitMs }),
        onRefusal: () => {
          shared.onRefusal();
          if (shared.mayLeave()) throw new Left();
        },
      });
    } catch (error) {
      if (!(error instanceof Left)) throw error;
    } finally {
      pen.flush();
      segment.interrupt = null;
      this.#segments.giveBack(segment);
      if (this.#mode !== 'ranges') this.#isProbing = false;
    }
  }

  async #once(segment: Segment, pen: Pen, line: Line, signal: AbortSignal): Promise<void> {
    while (!pen.isDone) {
      if (this.#mode === 'whole') return this.#readWhole(null, segment, pen, line, signal);
      const range = { start: segment.at, end: segment.end };
      if (this.#mode === 'ranges' && (await line.readPlainly(this.remote, range, pen, signal))) continue;
      const body = await line.ask(this.remote, range, signal);
      if (body.kind === 'whole') return this.#readWhole(body, segment, pen, line, signal);
      if (this.remote.sizeBytes === null) {
        // A part of a file whose size the server does not know.
        if (body.kind === 'range') body.response.destroy();
        this.#expectWhole(segment);
        continue;
      }
      this.#segments.limit(this.remote.sizeBytes);
      if (body.kind === 'empty') return;
      await this.#serveRanges();
      await receive(body.response, pen, signal);
      if (segment.at === range.start) throw tooShort(this.remote.source, segment.at, body.end);
    }
  }

  async #serveRanges(): Promise<void> {
    if (this.#mode === 'ranges') return;
    await this.#options.onAnswer(this.remote);
    this.#mode = 'ranges';
    this.#isProbing = false;
    this.#options.shared.kick();
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
    pen: Pen,
    line: Line,
    signal: AbortSignal,
  ): Promise<void> {
    const { remote } = this;
    if (this.#mode !== 'whole') this.#expectWhole(segment);
    const isSameForSure = remote.validator !== null || remote.source.sha512 !== null;
    if (segment.at > 0 && !isSameForSure) this.#restart('The connection broke: it is begun anew.');
    const body = answer ?? (await line.ask(remote, null, signal));
    if (body.kind !== 'whole') throw tooShort(remote.source, segment.at, segment.end);
    const reader = segment.at > 0 ? new SkippingPen(pen, segment.at) : pen;
    if (await receive(body.response, reader, signal)) throw tooLong(remote.source);
    if (segment.end === Number.POSITIVE_INFINITY) {
      // An answer without a length that has come to its end.
      remote.sizeBytes = segment.at;
      segment.end = segment.at;
    }
    if (!pen.isDone) throw tooShort(remote.source, segment.at, segment.end);
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
class SkippingPen implements Pen {
  readonly #pen: Pen;
  readonly #scratch = new Uint8Array(64 * 1024);
  #left: number;

  constructor(pen: Pen, bytes: number) {
    this.#pen = pen;
    this.#left = bytes;
  }

  get isDone(): boolean {
    return this.#pen.isDone;
  }

  room(): Uint8Array {
    return this.#left > 0 ? this.#scratch.subarray(0, this.#left) : this.#pen.room();
  }

  took(count: number): void {
    if (this.#left > 0) this.#left -= count;
    else this.#pen.took(count);
  }

  whenRoom(signal: AbortSignal): Promise<void> {
    return this.#pen.whenRoom(signal);
  }
}
