import { createHash } from 'node:crypto';
import { constants, type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import type { HashThreads, StreamingHash } from '../hash-threads.ts';
import { BlobTooLargeError, type ReceiveOptions, StorageFullError } from '../storage.ts';
import { asStorageError } from './errors.ts';
import { SpentMemory } from './spent-memory.ts';

/** Up to here a file is hashed and written in one go, without a thread. */
const INLINE_BYTES = 1024 * 1024;
const BLOCK_BYTES = 512 * 1024;
/** What every large upload may hold in memory. */
const BLOCKS = 4;
/** What one may hold while few are under way: on a busy machine the network, the disk and the hash each fall behind at times. */
const MAX_BLOCKS = 16;
/** What all uploads together may hold beyond their own blocks. */
const EXTRA_BLOCKS = 96;
/** How much may be written between two looks at the free space. */
const ROOM_CHECK_BYTES = 16 * 1024 * 1024;

export interface Incoming {
  /** The temporary file; need not exist before. */
  path: string;
  threads: HashThreads;
  /** Free bytes below which nothing more is taken in, so that the database beside us can still write. */
  reserveBytes: number;
}

/**
 * Writes the source to `incoming.path`, durable and read-only, and answers what it was. On failure the file is
 * removed again. Errors of the source pass unchanged, those of the disk as StorageError.
 */
export async function receiveIntoFile(
  source: AsyncIterable<Uint8Array>,
  incoming: Incoming,
  options: ReceiveOptions,
): Promise<{ sha512: string; sizeBytes: number }> {
  const { signal, maxBytes = Number.POSITIVE_INFINITY, expectedBytes = 0 } = options;
  signal?.throwIfAborted();
  if (expectedBytes > maxBytes) {
    throw new BlobTooLargeError(maxBytes);
  }
  await requireRoom(incoming, expectedBytes);

  const first: Uint8Array[] = [];
  const spent = options.ownsChunks ? new SpentMemory() : null;
  let sizeBytes = 0;
  let large: LargeFile | undefined;
  try {
    for await (const chunk of untilAborted(source, signal)) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) {
        throw new BlobTooLargeError(maxBytes);
      }
      if (large === undefined) {
        first.push(chunk);
        if (sizeBytes <= INLINE_BYTES) {
          continue;
        }
        large = await LargeFile.create(incoming);
        for (const early of first.splice(0)) {
          await large.push(early);
          spent?.note(early);
        }
      } else {
        await large.push(chunk);
        spent?.note(chunk);
      }
    }
    const sha512 = large === undefined ? await writeSmall(incoming.path, first) : await large.finish();
    signal?.throwIfAborted();
    return { sha512, sizeBytes };
  } catch (error) {
    await large?.abandon();
    await unlink(incoming.path).catch(() => undefined);
    throw error;
  }
}

async function writeSmall(path: string, chunks: Uint8Array[]): Promise<string> {
  const hash = createHash('sha512');
  for (const chunk of chunks) {
    hash.update(chunk);
  }
  try {
    await using handle = await createTemporary(path);
    let position = 0;
    for (const chunk of chunks) {
      await writeFully(handle, chunk, position);
      position += chunk.byteLength;
    }
    await makeDurable(handle);
  } catch (error) {
    throw asStorageError(error, 'writing an upload');
  }
  return hash.digest('hex');
}

let extraBlocksLeft = EXTRA_BLOCKS;

/** A file being written and hashed at the same time, block by block, with back-pressure on whoever pushes. */
class LargeFile {
  readonly #incoming: Incoming;
  readonly #handle: FileHandle;
  readonly #hash: StreamingHash;
  readonly #free: SharedArrayBuffer[] = [];
  readonly #busy = new Set<Promise<void>>();
  #allocated = 0;
  #block: Uint8Array<SharedArrayBuffer> | undefined;
  #filled = 0;
  #position = 0;
  #nextRoomCheck = ROOM_CHECK_BYTES;
  #lastWrite: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;
  #onFreed: (() => void) | undefined;

  private constructor(incoming: Incoming, handle: FileHandle) {
    this.#incoming = incoming;
    this.#handle = handle;
    this.#hash = incoming.threads.open();
  }

  static async create(incoming: Incoming): Promise<LargeFile> {
    try {
      return new LargeFile(incoming, await createTemporary(incoming.path));
    } catch (error) {
      throw asStorageError(error, 'starting an upload');
    }
  }

  async push(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      this.#block ??= await this.#takeBlock();
      const part = rest.subarray(0, BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#filled === BLOCK_BYTES) {
        await this.#dispatch();
      }
    }
  }

  async finish(): Promise<string> {
    if (this.#filled > 0) {
      await this.#dispatch();
    }
    await Promise.all(this.#busy);
    this.#letGoOfBlocks();
    this.#throwFailure();
    const sha512 = await this.#hash.digest();
    try {
      await makeDurable(this.#handle);
      await this.#handle.close();
    } catch (error) {
      throw asStorageError(error, 'making an upload durable');
    }
    return sha512;
  }

  /** Lets go of the file and the thread; the pushed bytes are lost. */
  async abandon(): Promise<void> {
    await Promise.all(this.#busy);
    this.#letGoOfBlocks();
    this.#hash.abandon();
    await this.#handle.close().catch(() => undefined);
  }

  async #takeBlock(): Promise<Uint8Array<SharedArrayBuffer>> {
    while (this.#free.length === 0 && !this.#allocate()) {
      await this.#oneFreed();
    }
    this.#throwFailure();
    return new Uint8Array(this.#free.pop()!);
  }

  /** Adds a free block, if there may be one more. */
  #allocate(): boolean {
    const isExtra = this.#allocated >= BLOCKS;
    if (this.#allocated >= MAX_BLOCKS || (isExtra && extraBlocksLeft === 0)) {
      return false;
    }
    if (isExtra) {
      extraBlocksLeft -= 1;
    }
    this.#allocated += 1;
    this.#free.push(new SharedArrayBuffer(BLOCK_BYTES));
    return true;
  }

  #letGoOfBlocks(): void {
    extraBlocksLeft += Math.max(0, this.#allocated - BLOCKS);
    this.#allocated = 0;
    this.#free.length = 0;
  }

  #oneFreed(): Promise<void> {
    const freed = Promise.withResolvers<void>();
    this.#onFreed = freed.resolve;
    return freed.promise;
  }

  #giveBack(block: SharedArrayBuffer, work: Promise<void>): void {
    this.#free.push(block);
    this.#busy.delete(work);
    this.#onFreed?.();
  }

  async #dispatch(): Promise<void> {
    const block = this.#block!;
    const length = this.#filled;
    const position = this.#position;
    this.#block = undefined;
    this.#filled = 0;
    this.#position += length;
    if (this.#position >= this.#nextRoomCheck) {
      this.#nextRoomCheck = this.#position + ROOM_CHECK_BYTES;
      await requireRoom(this.#incoming, 0);
    }
    // One write at a time: more would only fill Node's thread pool, the file system takes them in turn anyway.
    this.#lastWrite = this.#lastWrite.then(() =>
      writeFully(this.#handle, block.subarray(0, length), position),
    );
    const work = Promise.all([this.#lastWrite, this.#hash.update(block.buffer, length)]).then(
      () => {
        this.#giveBack(block.buffer, work);
      },
      (error: unknown) => {
        this.#failure ??= { error: asStorageError(error, 'writing an upload') };
        this.#giveBack(block.buffer, work);
      },
    );
    this.#busy.add(work);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }
}

async function createTemporary(path: string): Promise<FileHandle> {
  return await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      bytes.byteLength - written,
      position + written,
    );
    written += bytesWritten;
  }
}

async function makeDurable(handle: FileHandle): Promise<void> {
  await handle.chmod(0o444);
  await handle.sync();
}

/** Throws StorageFullError when so many bytes more would leave too few free beside `path`. */
export async function requireRoom(
  incoming: Pick<Incoming, 'path' | 'reserveBytes'>,
  neededBytes: number,
): Promise<void> {
  const { bavail, bsize } = await statfs(directoryOf(incoming.path)).catch((error: unknown) => {
    throw asStorageError(error, 'looking at the free space');
  });
  const freeBytes = bavail * bsize;
  if (freeBytes - neededBytes >= incoming.reserveBytes) {
    return;
  }
  throw new StorageFullError(
    neededBytes > 0
      ? `The disk of the file store has ${freeBytes} bytes free, too few for ${neededBytes} more.`
      : `The disk of the file store is full: ${freeBytes} bytes are free, ${incoming.reserveBytes} are kept in reserve.`,
  );
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** The source, ended with the signal's reason also while it has nothing to give. */
async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  // Of the step that is awaited: a promise that all steps were raced against would keep each of them.
  let breakOff: ((reason: unknown) => void) | undefined;
  const abort = () => breakOff?.(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    while (true) {
      signal.throwIfAborted();
      const step = await new Promise<IteratorResult<T>>((resolve, reject) => {
        breakOff = reject;
        iterator.next().then(resolve, reject);
      });
      if (step.done === true) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not awaited: a source that hangs in its own next() would never answer.
    if (!ended) {
      void iterator.return?.().catch(() => undefined);
    }
  }
}
