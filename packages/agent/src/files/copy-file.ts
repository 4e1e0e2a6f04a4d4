import {
  closeSync,
  constants,
  copyFileSync,
  ftruncateSync,
  openSync,
  read,
  unlinkSync,
  write,
} from 'node:fs';
import { promisify } from 'node:util';
import { entryAt, inodeAt, openEntry, setMode, statOf } from './door.ts';
import type { RawName } from './raw-name.ts';

const readBytes = promisify(read);
const writeBytes = promisify(write);
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = constants;

const BUFFER_BYTES = 1024 * 1024;
/** Zeros of a sparse file are left out in pieces of this size. */
const PIECE_BYTES = 64 * 1024;
const BLOCK_BYTES = 512;
const COPY_MODE = 0o600;
const ZEROS = Buffer.alloc(PIECE_BYTES);

export interface CopyOptions {
  signal?: AbortSignal;
  /** Copies no more than so many, where whoever holds the file may make it longer. */
  maxBytes?: number;
  /** Called before bytes are copied that cannot be shared, with what they take on the disk at most; throws where they must not be. */
  takeRoom?: (bytes: number) => Disposable;
}

/**
 * Copies an open file to a new entry of an open directory, readable by its owner only: shares the bytes where the file
 * system can, and leaves holes where the file has some. Rejects as the system does, with EEXIST where something is, or
 * with the signal's reason; then nothing is left of the copy.
 */
export async function copyInto(
  source: number,
  directory: number,
  name: RawName,
  options: CopyOptions = {},
): Promise<void> {
  const target = entryAt(directory, name);
  try {
    copyFileSync(inodeAt(source), target, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
  } catch {
    // Most file systems cannot share bytes; whatever else is amiss is met again.
    return await copyAll(source, target, options);
  }
  // It came with the mode of the file, which may let nobody read it.
  const copy = openEntry(directory, name);
  try {
    setMode(copy, COPY_MODE);
  } finally {
    closeSync(copy);
  }
}

async function copyAll(
  source: number,
  target: string | Buffer,
  { signal, maxBytes, takeRoom }: CopyOptions,
): Promise<void> {
  const { size, blocks } = statOf(source);
  const onDisk = blocks * BigInt(BLOCK_BYTES);
  using _room = takeRoom?.(Number(onDisk < size ? onDisk : size));
  const copy = openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, COPY_MODE);
  try {
    await copyBytes(source, copy, { signal, maxBytes });
  } catch (error) {
    removeQuietly(target);
    throw error;
  } finally {
    closeSync(copy);
  }
}

/** As many bytes as the file had at the beginning: whoever goes on writing to it is not waited for. */
async function copyBytes(
  source: number,
  copy: number,
  { signal, maxBytes = Number.POSITIVE_INFINITY }: Pick<CopyOptions, 'signal' | 'maxBytes'>,
): Promise<void> {
  const { size, blocks } = statOf(source);
  const sizeBytes = Math.min(Number(size), maxBytes);
  const isSparse = blocks * BigInt(BLOCK_BYTES) < size;
  const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, sizeBytes));
  let position = 0;
  while (position < sizeBytes) {
    signal?.throwIfAborted();
    const { bytesRead } = await readBytes(
      source,
      buffer,
      0,
      Math.min(buffer.length, sizeBytes - position),
      position,
    );
    if (bytesRead === 0) {
      break;
    }
    for (const [start, end] of isSparse ? withoutZeros(buffer, bytesRead) : [[0, bytesRead] as const]) {
      await writeAll(copy, buffer.subarray(start, end), position + start);
    }
    position += bytesRead;
  }
  // A hole at the end is only a size.
  ftruncateSync(copy, position);
}

/** Where there is something else than zeros, in pieces. */
function* withoutZeros(buffer: Buffer, length: number): Generator<readonly [start: number, end: number]> {
  for (let start = 0; start < length; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, length);
    if (buffer.compare(ZEROS, 0, end - start, start, end) !== 0) {
      yield [start, end];
    }
  }
}

/** Writes all of some bytes at a place of an open file. */
export async function writeAll(file: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await writeBytes(
      file,
      bytes,
      written,
      bytes.length - written,
      position + written,
    );
    written += bytesWritten;
  }
}

function removeQuietly(path: string | Buffer): void {
  try {
    unlinkSync(path);
  } catch {
    // Its directory is gone with it.
  }
}
