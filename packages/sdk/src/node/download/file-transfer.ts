/**
 * The download of one file, from a target that may be occupied to a file that is whole. Streams come and ask for work;
 * when the last of them has left, the next step is taken:
 *
 * - all bytes are there: the digest is compared; when it is another one, what differs is fetched again, and when nothing
 *   helps the bytes are dropped; else the file takes its name;
 * - the file has changed at its server: everything is dropped and begun again, once;
 * - something failed for good: what is there is left for a later attempt.
 */
import { dirname } from 'node:path';
import { delay } from '../../delay.ts';
import { ConnectionError, IntegrityError } from '../../errors.ts';
import { RETRY_FIRST_PAUSE_MS, SMALL_FILE_BYTES } from '../../limits.ts';
import { locally, noRoom } from '../local-file-error.ts';
import { Attempt } from './attempt.ts';
import { freeBytesAt } from './free-space.ts';
import type { Wanted } from './journal.ts';
import { PartialFile } from './partial-file.ts';
import { ChangedError, Remote } from './remote.ts';
import { findDamage } from './repair.ts';
import { fetchSmall, mismatch } from './small-file.ts';
import type { Source } from './source.ts';
import type { StreamConnection } from './stream-connection.ts';
import { Stretches } from './stretches.ts';
import { isThereAlready, makeRoomFor } from './target.ts';
import type { Outcome, TransferContext } from './transfer-context.ts';

/** What a stream can do next; never rejects. */
export type Work = (connection: StreamConnection) => Promise<void>;

/** So often differing parts are fetched again. */
const PART_REPAIRS = 3;

export class FileTransfer {
  readonly source: Source;
  readonly path: string;
  /** Settles when the file is in place or given up. */
  readonly ended: Promise<Outcome>;
  readonly #context: TransferContext;
  #resolve!: (outcome: Outcome) => void;
  #reject!: (error: unknown) => void;
  #state: 'waiting' | 'busy' | 'ended' = 'waiting';
  #isAdvancing = false;
  /** Streams that are at it. */
  #streams = 0;
  #partial: PartialFile | null = null;
  #attempt: Attempt | null = null;
  #failure: { error: unknown } | null = null;
  #restart: string | null = null;
  #hasChanged = false;
  #repairs = 0;
  #restarts = 0;

  constructor(source: Source, path: string, context: TransferContext) {
    this.source = source;
    this.path = path;
    this.#context = context;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever began the download looks at it when all files have ended.
    this.ended.catch(() => {});
  }

  get hasBegun(): boolean {
    return this.#state !== 'waiting';
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Something for one more stream to do; null when there is nothing right now. */
  take(): Work | null {
    if (this.#state === 'waiting') {
      this.#state = 'busy';
      return this.#work((connection) => this.#begin(connection));
    }
    return this.#run(this.#attempt?.take() ?? null);
  }

  /** A share of what another stream is at; for streams that have nothing else to do. */
  split(): Work | null {
    return this.#run(this.#attempt?.split() ?? null);
  }

  /** Gives it up before it has begun. */
  cancel(error: unknown): void {
    if (this.#state !== 'waiting') {
      return;
    }
    this.#state = 'ended';
    this.#reject(error);
  }

  /** Gives it up wherever it is. */
  abort(reason: unknown): void {
    this.cancel(reason);
    // Streams meet the signal by themselves; where there are none, nobody else would.
    if (this.#state === 'busy' && this.#streams === 0) {
      this.#next();
    }
  }

  #run(work: ((connection: StreamConnection) => Promise<void>) | null): Work | null {
    return work && this.#work(work);
  }

  #work(perform: Work): Work {
    this.#streams += 1;
    return async (connection) => {
      try {
        await perform(connection);
      } catch (error) {
        this.#fail(error);
      }
      this.#streams -= 1;
      if (this.#streams > 0 || this.#state === 'ended') {
        return;
      }
      // Not awaited: while it is synced, the stream goes on with the next file.
      this.#next();
    };
  }

  /** Takes the next step, unless one is being taken: that one sees what is new when it comes to it. */
  #next(): void {
    if (this.#isAdvancing) {
      return;
    }
    this.#isAdvancing = true;
    void this.#advance()
      .catch((error: unknown) => this.#giveUp(error))
      .finally(() => {
        this.#isAdvancing = false;
      });
  }

  #fail(error: unknown): void {
    if (error instanceof ChangedError && !this.#hasChanged) {
      this.#hasChanged = true;
      this.#restart ??= `${error.message} It is begun anew.`;
    } else if (this.#restart === null) {
      this.#failure ??= { error };
    }
    this.#attempt?.stop(error);
  }

  async #begin(connection: StreamConnection): Promise<void> {
    const { source, path, ...context } = { source: this.source, path: this.path, ...this.#context };
    context.signal.throwIfAborted();
    if (await isThereAlready(path, source, context)) {
      return this.#skip();
    }
    await makeRoomFor(path);
    const isSmall = source.sizeBytes !== null && source.sizeBytes <= SMALL_FILE_BYTES;
    const { identity, sizeBytes, sha512, executable } = source;
    this.#partial = await PartialFile.open({
      path,
      wanted: { identity, sizeBytes, sha512, validator: null },
      executable,
      resume: context.resume && !isSmall,
      onRestart: (message) => context.onEvent({ type: 'restart', path, message }),
    });
    context.onSize(path, sizeBytes);
    if (isSmall) {
      return this.#beginSmall(this.#partial, connection);
    }
    const resumedBytes = this.#partial.stretches.bytes;
    context.onEvent({ type: 'start', path, sizeBytes: this.#partial.wanted.sizeBytes ?? 0, resumedBytes });
    await this.#beginAttempt(this.#partial, this.#partial.wanted);
    await this.#attempt?.take()?.(connection);
  }

  async #beginSmall(partial: PartialFile, connection: StreamConnection): Promise<void> {
    const { source, path } = this;
    this.#context.onEvent({ type: 'start', path, sizeBytes: source.sizeBytes ?? 0, resumedBytes: 0 });
    const { bytes, sha512, lastModified } = await fetchSmall(source, path, connection, this.#context);
    await locally(path, partial.handle.write(bytes, 0, bytes.byteLength, 0));
    await this.#complete(partial, sha512, bytes.byteLength, lastModified);
  }

  /** Goes on with what the partial file holds. */
  async #beginAttempt(partial: PartialFile, wanted: Wanted): Promise<void> {
    const { sizeBytes, validator } = wanted;
    const context = this.#context;
    if (sizeBytes !== null) {
      const needed = sizeBytes - (await partial.allocatedBytes());
      const free = await locally(this.path, freeBytesAt(dirname(this.path)));
      if (needed > free) {
        throw noRoom(this.path, needed, free);
      }
      await locally(this.path, partial.handle.truncate(sizeBytes));
    }
    if (partial.stretches.bytes > 0) {
      context.onBytes(this.path, partial.stretches.bytes);
    }
    this.#attempt = new Attempt({
      remote: new Remote(this.source, sizeBytes, validator),
      partial,
      context,
      onFailure: (error) => this.#fail(error),
      onAnswer: async (remote) => {
        if (remote.sizeBytes !== sizeBytes) {
          context.onSize(this.path, remote.sizeBytes);
        }
        const { identity, sha512 } = this.source;
        const found = { identity, sha512, sizeBytes: remote.sizeBytes, validator: remote.validator };
        if (context.resume) {
          await partial.keepJournal(found);
        }
      },
      onRestart: (why) => {
        this.#restart ??= why;
      },
    });
    context.kick();
  }

  async #advance(): Promise<void> {
    const [partial, attempt] = [this.#partial, this.#attempt];
    if (partial === null || attempt === null) {
      if (this.#failure !== null) {
        throw this.#failure.error;
      }
      return;
    }
    await attempt.settled();
    if (this.#context.signal.aborted) {
      throw this.#context.signal.reason;
    }
    if (this.#failure !== null) {
      throw this.#failure.error;
    }
    if (this.#restart !== null) {
      return this.#beginAnew(partial, attempt, this.#restart);
    }
    const { sizeBytes } = attempt.remote;
    if (sizeBytes === null || partial.stretches.bytes !== sizeBytes) {
      // Streams were taken back while there is still something to fetch.
      this.#context.kick();
      return;
    }
    const sha512 = await attempt.digest();
    const stated = this.source.sha512;
    if (stated !== null && stated !== sha512) {
      return this.#repair(partial, attempt, sha512);
    }
    this.#end(attempt);
    const { lastModified } = attempt.remote;
    await this.#complete(partial, sha512, sizeBytes, lastModified);
  }

  async #complete(
    partial: PartialFile,
    sha512: string,
    sizeBytes: number,
    lastModified: Date | null,
  ): Promise<void> {
    const { source, path } = this;
    const modified = source.modified ?? lastModified ?? source.uploaded;
    await partial.complete(modified, this.#context.existing !== 'refuse');
    this.#context.directories.add(dirname(path));
    this.#state = 'ended';
    this.#context.onEvent({ type: 'done', path, sizeBytes, sha512 });
    this.#resolve({ path, sizeBytes, sha512, verified: source.sha512 !== null });
  }

  /** Everything again from the first byte. */
  async #beginAnew(partial: PartialFile, attempt: Attempt, message: string): Promise<void> {
    this.#restart = null;
    this.#end(attempt);
    this.#restarts += 1;
    if (this.#restarts > this.source.maxRetries + 1) {
      throw new ConnectionError(
        `${this.source.name} was begun anew ${this.source.maxRetries + 1} times in vain.`,
        {
          hint: 'The connection breaks each time, and this server cannot go on in the middle. Try again later.',
        },
      );
    }
    this.#context.onBytes(this.path, -partial.stretches.bytes);
    this.#context.onEvent({ type: 'restart', path: this.path, message });
    await partial.empty();
    if (this.#restarts > 1) {
      await delay(RETRY_FIRST_PAUSE_MS * 2 ** this.#restarts, this.#context.signal);
    }
    const { identity, sizeBytes, sha512 } = this.source;
    await this.#beginAttempt(partial, { identity, sizeBytes, sha512, validator: null });
  }

  /** Fetches again what differs, where the server can tell; else all of it, once. */
  async #repair(partial: PartialFile, attempt: Attempt, found: string): Promise<void> {
    const { source, path } = this;
    this.#end(attempt);
    const sizeBytes = attempt.remote.sizeBytes!;
    const damage = await findDamage(source, partial, sizeBytes, this.#context);
    this.#repairs += 1;
    if (damage !== null && damage.length === 0) {
      const words = `${source.name}: each part is as the server has it, and the whole has another SHA-512 than it states: the stored file is damaged.`;
      throw new IntegrityError(words, { hint: 'Nothing was kept. Whoever runs the server has to look.' });
    }
    if (this.#repairs > (damage === null ? 1 : PART_REPAIRS)) {
      throw mismatch(source, found, 'What differs was fetched again in vain, and nothing was kept.');
    }
    const ranges = damage ?? [{ start: 0, end: sizeBytes }];
    this.#context.onEvent({ type: 'repair', path, ranges });
    this.#context.onBytes(path, -partial.stretches.bytes);
    partial.stretches = new Stretches(new Stretches(ranges).missingBefore(sizeBytes));
    await this.#beginAttempt(partial, { ...partial.wanted, sizeBytes, validator: attempt.remote.validator });
  }

  #end(attempt: Attempt): void {
    attempt[Symbol.dispose]();
    if (this.#attempt === attempt) {
      this.#attempt = null;
    }
  }

  #skip(): void {
    const { path, source } = this;
    this.#state = 'ended';
    const sizeBytes = source.sizeBytes ?? 0;
    this.#context.onSize(path, sizeBytes);
    this.#context.onBytes(path, sizeBytes);
    this.#context.onEvent({ type: 'skip', path, sizeBytes, reason: 'same' });
    this.#resolve({ path, sizeBytes, sha512: source.sha512 ?? '', verified: true });
  }

  async #giveUp(error: unknown): Promise<void> {
    this.#state = 'ended';
    if (this.#attempt !== null) {
      this.#end(this.#attempt);
    }
    const isLost = error instanceof IntegrityError || error instanceof ChangedError || !this.#context.resume;
    // What cannot be put away hides no error.
    await (isLost ? this.#partial?.discard() : this.#partial?.leave())?.catch(() => {});
    this.#reject(error instanceof ChangedError ? new IntegrityError(error.message) : error);
  }
}
