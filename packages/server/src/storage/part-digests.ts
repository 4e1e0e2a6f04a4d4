import { HashThreads, type StreamingHash } from './hash-threads.ts';
import { type BlobReader, StorageError } from './storage.ts';

/** Read and hashed at once; two of them are in memory for each answer that is being made. */
const BLOCK_BYTES = 1024 * 1024;

export interface PartsWanted {
  /** Bytes of a part. */
  partBytes: number;
  /** Where the first part begins, a multiple of `partBytes`. */
  start: number;
  /** Bytes after which no further part is begun; the first one is always made. */
  maxBytes: number;
}

export interface PartDigestsMade {
  /** SHA-512 in lower-case hexadecimal, the last one of a shorter part where the bytes end. */
  digests: string[];
  /** Where the next part begins; null when the bytes have ended. */
  nextStart: number | null;
}

/** Hashes parts of stored bytes on other threads, for a few askers at once; further ones wait for their turn. */
export class PartDigester implements AsyncDisposable {
  readonly #threads = new HashThreads();
  readonly #atOnce: number;
  #running = 0;
  readonly #waiting: Array<() => void> = [];

  constructor(options: { atOnce: number }) {
    this.#atOnce = options.atOnce;
  }

  /**
   * SHA-512 of each part that a reader gives. Rejects with the signal's reason, with StorageError when the bytes end
   * before `reader.sizeBytes`, and with what the reader throws. The reader stays open.
   */
  async digest(reader: BlobReader, wanted: PartsWanted, signal: AbortSignal): Promise<PartDigestsMade> {
    await this.#takeTurn(signal);
    try {
      return await this.#digest(reader, wanted, signal);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads.close();
  }

  async #takeTurn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#running >= this.#atOnce) {
      const turn = Promise.withResolvers<void>();
      this.#waiting.push(turn.resolve);
      const leave = () => turn.resolve();
      signal.addEventListener('abort', leave, { once: true });
      await turn.promise;
      signal.removeEventListener('abort', leave);
      const at = this.#waiting.indexOf(turn.resolve);
      if (at >= 0) {
        this.#waiting.splice(at, 1);
      }
      if (signal.aborted) {
        // The turn may have been given to one who leaves: the next in line has it.
        if (at < 0) {
          this.#waiting.shift()?.();
        }
        signal.throwIfAborted();
      }
    }
    this.#running += 1;
  }

  async #digest(reader: BlobReader, wanted: PartsWanted, signal: AbortSignal): Promise<PartDigestsMade> {
    const { partBytes, start } = wanted;
    const end = endOfParts(reader.sizeBytes, wanted);
    const blockBytes = Math.min(BLOCK_BYTES, partBytes);
    // Two blocks: one is read while the other is hashed.
    const blocks = [new SharedArrayBuffer(blockBytes), new SharedArrayBuffer(blockBytes)];
    const digests: Promise<string>[] = [];
    let hash: StreamingHash | undefined;
    let hashing: Promise<void> = Promise.resolve();
    try {
      let position = start;
      for (let turn = 0; position < end; turn += 1) {
        signal.throwIfAborted();
        const block = blocks[turn % 2]!;
        const partEnd = Math.min(end, position - ((position - start) % partBytes) + partBytes);
        const into = new Uint8Array(block, 0, Math.min(blockBytes, partEnd - position));
        const count = await reader.read(into, position);
        await hashing;
        if (count === 0) {
          throw new StorageError(`The stored bytes end at ${position}, before their ${reader.sizeBytes}.`);
        }
        hash ??= this.#threads.open();
        hashing = hash.update(block, count);
        hashing.catch(() => undefined);
        position += count;
        if (position < partEnd) {
          continue;
        }
        const digest = hash.digest();
        digest.catch(() => undefined);
        digests.push(digest);
        hash = undefined;
      }
      return { digests: await Promise.all(digests), nextStart: end < reader.sizeBytes ? end : null };
    } finally {
      hash?.abandon();
    }
  }
}

/** Where the parts of one answer end. */
function endOfParts(sizeBytes: number, { partBytes, start, maxBytes }: PartsWanted): number {
  const parts = Math.max(1, Math.floor(maxBytes / partBytes));
  return Math.min(sizeBytes, start + parts * partBytes);
}
