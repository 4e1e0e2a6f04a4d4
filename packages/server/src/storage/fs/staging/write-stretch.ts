import { BlobTooLargeError, type StagedWrite, type StagedWriteOptions } from '../../storage.ts';
import { asStorageError } from '../errors.ts';
import type { StagedFile } from './staged-file.ts';

/** What is written at once where bytes come slowly; a thousand slow senders hold this much memory each. */
const SMALL_WRITE_BYTES = 256 * 1024;
/** What is gathered while something is being written; beyond this the sender waits. */
const GATHERED_BYTES = 1024 * 1024;
/** A server that is killed loses no more than this of what has arrived, and no more than of so many milliseconds. */
const MARK_BYTES = 16 * 1024 * 1024;
const MARK_MILLISECONDS = 5000;

/** Writes a source in its place in a staged file that is in use; see `writeStaged` of the store. */
export async function writeStretch(
  file: StagedFile,
  position: number,
  source: AsyncIterable<Uint8Array>,
  options: StagedWriteOptions & { checkRoom: () => Promise<void> },
): Promise<StagedWrite> {
  const behind = position + options.maxBytes;
  file.hash.forget(position, behind);
  for (const [start, end] of options.present ?? []) {
    file.hash.add(start, Math.min(end, position));
    file.hash.add(Math.max(start, behind), end);
  }
  const writer = new StretchWriter(file, position, options);
  const timer = setInterval(() => writer.mark(), MARK_MILLISECONDS);
  let brokenBy: unknown = null;
  try {
    await pump(source, options.signal, writer);
  } catch (error) {
    brokenBy = error;
  } finally {
    clearInterval(timer);
  }
  const { durableBytes, failure } = await writer.end();
  return { durableBytes, brokenBy: failure?.error ?? brokenBy };
}

/** Gathers chunks, writes them one batch after the other, and marks now and then what is durable. */
class StretchWriter {
  readonly #file: StagedFile;
  readonly #start: number;
  readonly #options: StagedWriteOptions & { checkRoom: () => Promise<void> };
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  /** Taken, written, and durable, counted from the start. */
  #taken = 0;
  #written = 0;
  #durable = 0;
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();
  #marking: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(
    file: StagedFile,
    start: number,
    options: StagedWriteOptions & { checkRoom: () => Promise<void> },
  ) {
    this.#file = file;
    this.#start = start;
    this.#options = options;
  }

  take(chunk: Uint8Array): void {
    const { maxBytes } = this.#options;
    if (this.#taken + chunk.byteLength > maxBytes) {
      throw new BlobTooLargeError(maxBytes);
    }
    this.#taken += chunk.byteLength;
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.byteLength;
    if (this.#gatheredBytes >= SMALL_WRITE_BYTES && !this.#isWriting) {
      this.#write();
    }
  }

  /** Resolves when more may be taken; rejects when nothing can be written any more. */
  async room(): Promise<void> {
    if (this.#gatheredBytes >= GATHERED_BYTES) {
      await this.#writing;
      if (this.#gatheredBytes >= GATHERED_BYTES && !this.#isWriting) {
        this.#write();
      }
    }
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }

  /** Makes durable what has come so far, in the background. */
  mark(): void {
    this.#marking ??= this.#mark()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#marking = undefined;
      });
  }

  /** Writes the rest and makes it durable; nothing may be taken afterwards. */
  async end(): Promise<{ durableBytes: number; failure: { error: unknown } | undefined }> {
    await this.#marking;
    try {
      await this.#mark();
    } catch (error) {
      this.#fail(error);
    }
    return { durableBytes: this.#durable, failure: this.#failure };
  }

  async #mark(): Promise<void> {
    await this.#writing;
    if (this.#failure === undefined && this.#gatheredBytes > 0) {
      this.#write();
    }
    await this.#writing;
    const written = this.#written;
    if (written === this.#durable) {
      return;
    }
    await this.#file.sync();
    this.#durable = written;
    this.#options.onDurable?.(written);
  }

  #write(): void {
    const chunks = this.#gathered;
    const length = this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#isWriting = true;
    this.#writing = this.#writeNow(chunks, length).catch((error: unknown) => this.#fail(error));
  }

  async #writeNow(chunks: Uint8Array[], length: number): Promise<void> {
    const at = this.#start + this.#written;
    try {
      if (this.#crosses(length)) {
        await this.#options.checkRoom();
      }
      await this.#file.write(chunks, at);
      if (this.#options.ownsChunks) {
        for (const chunk of chunks) {
          giveBack(chunk);
        }
      }
    } finally {
      this.#isWriting = false;
    }
    this.#file.hash.add(at, at + length);
    const isMark = this.#crosses(length);
    this.#written += length;
    if (isMark) {
      this.mark();
    }
  }

  /** Whether the next so many bytes reach the next mark. */
  #crosses(length: number): boolean {
    return Math.floor((this.#written + length) / MARK_BYTES) > Math.floor(this.#written / MARK_BYTES);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error: asStorageError(error, 'writing an upload') };
  }
}

/**
 * Frees the memory of a chunk that nobody needs any more. Left to the collector, buffers of gigabytes make it look
 * through the whole heap again and again, which took as much processor time as receiving and writing them.
 */
function giveBack({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) {
    buffer.transfer(0);
  }
}

/** Gives the writer the source, until it ends or fails or the signal comes, also while it has nothing to give. */
async function pump(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  writer: StretchWriter,
): Promise<void> {
  signal?.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  const stopped = Promise.withResolvers<never>();
  let isStopped = false;
  let isAtEnd = false;
  const stop = () => {
    isStopped = true;
    stopped.reject(signal!.reason);
  };
  const run = async () => {
    while (!isStopped) {
      const step = await iterator.next();
      if (isStopped) {
        return;
      }
      if (step.done === true) {
        isAtEnd = true;
        return;
      }
      writer.take(step.value);
      await writer.room();
    }
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([run(), stopped.promise]);
  } finally {
    signal?.removeEventListener('abort', stop);
    isStopped = true;
    // Not awaited: a source that hangs in its own next() would never answer.
    if (!isAtEnd) {
      void iterator.return?.()?.catch(() => undefined);
    }
  }
}
