/**
 * Where in a file its zip archive lies. Its places count from its own first byte, and it ends with a record that says where
 * its directory is: by that, what self-extracting archives have before it and broken transfers behind it can be left out.
 */
import { close, createReadStream, fstatSync, open, read, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';
import { ZIP_TRAILING_BYTES } from '../limits.ts';

export interface ZipWindow {
  start: number;
  end: number;
  sizeBytes: number;
}

const END_BYTES = 22;
const COMMENT_BYTES = 0xffff;
const [END_64_BYTES, LOCATOR_64_BYTES] = [56, 20];
const [END, END_64, LOCATOR_64, ENTRY] = ['PK\x05\x06', 'PK\x06\x06', 'PK\x06\x07', 'PK\x01\x02'].map(
  (text) => Buffer.from(text, 'latin1'),
) as [Buffer, Buffer, Buffer, Buffer];

/** The archive that ends last in a file; null where there is none. */
export function findZip(fd: number): ZipWindow | null {
  const { size: sizeBytes } = fstatSync(fd);
  const tail = readAt(fd, Math.max(0, sizeBytes - END_BYTES - COMMENT_BYTES - ZIP_TRAILING_BYTES), sizeBytes);
  const tailStart = sizeBytes - tail.length;
  for (let at = tail.lastIndexOf(END); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(END, at - 1)) {
    const end = at + END_BYTES + (at + END_BYTES <= tail.length ? tail.readUInt16LE(at + 20) : Infinity);
    const start = end <= tail.length ? startOf(fd, tail.subarray(at), tailStart + at) : null;
    if (start !== null) {
      return { start, end: tailStart + end, sizeBytes };
    }
  }
  return null;
}

/** Where the archive begins that the record `end` at `position` is of; null where it does not fit what is there. */
function startOf(fd: number, end: Buffer, position: number): number | null {
  const entries = end.readUInt16LE(10);
  const directory = { bytes: end.readUInt32LE(12), offset: end.readUInt32LE(16) };
  let start = position - directory.bytes - directory.offset;
  const locator = readAt(fd, position - LOCATOR_64_BYTES, position);
  if (locator.indexOf(LOCATOR_64) === 0) {
    const recordAt = position - LOCATOR_64_BYTES - END_64_BYTES;
    const record = readAt(fd, recordAt, recordAt + END_64_BYTES);
    if (record.indexOf(END_64) !== 0) {
      return null;
    }
    start = recordAt - Number(locator.readBigUInt64LE(8));
    directory.offset = Number(record.readBigUInt64LE(48));
  }
  const first = start + directory.offset;
  return start >= 0 && (entries === 0 || readAt(fd, first, first + ENTRY.length).equals(ENTRY))
    ? start
    : null;
}

function readAt(fd: number, start: number, end: number): Buffer {
  if (start < 0 || !Number.isSafeInteger(end)) {
    return Buffer.alloc(0);
  }
  const bytes = Buffer.alloc(end - start);
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start));
}

/** Reads an archive by its own places from a file that has more than it. */
export class WindowReader extends RandomAccessReader {
  readonly #fd: number;
  readonly #start: number;

  /** The descriptor is closed by it, when nothing reads any more. */
  constructor(fd: number, { start }: ZipWindow) {
    super();
    this.#fd = fd;
    this.#start = start;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return createReadStream('', {
      fd: this.#fd,
      // Each of its streams would close the descriptor of all, whatever it is told.
      fs: { open, read, close: (_fd: number, done: (error: null) => void) => done(null) },
      start: this.#start + start,
      end: this.#start + end - 1,
    });
  }

  override close(done: (error: Error | null) => void): void {
    close(this.#fd, done);
  }
}
