/**
 * The file store: blobs of bytes kept under the SHA-512 of what they hold.
 *
 * A blob exists once, whole, or not at all. Whoever brings bytes gets them back *held*: a held digest cannot be
 * removed, which covers the moment between "the bytes are safe" and "a row points to them". The collector of
 * unwanted blobs asks through `remove(digest, { confirm })`, and the store asks `confirm` while no holder
 * exists and none can come into being, so a blob is never taken from under a row that is about to be written.
 *
 * Every implementation runs `testing/suites/storage.ts`.
 */
import type { Readable } from 'node:stream';

export interface Storage {
  /**
   * Takes in bytes of unknown digest in constant memory and resolves once they are durable, already held.
   * The chunks must not be changed by the caller afterwards. When it rejects, nothing is left behind:
   * BlobTooLargeError past `maxBytes`, StorageFullError on a full disk, the signal's reason when aborted,
   * the source's own error when the source fails.
   */
  receive(source: AsyncIterable<Uint8Array>, options?: ReceiveOptions): Promise<HeldBlob>;

  /**
   * The same as `receive` for many small files at once, whose bytes are in memory: one wait for the disk covers them
   * all. When it rejects, none of them is kept.
   */
  receiveMany(files: readonly (readonly Uint8Array[])[]): Promise<HeldBlob[]>;

  /** Makes sure of all that is durable after the last process ended, or its power; for the one server of a store, before it serves. */
  recover(): Promise<void>;

  /**
   * Makes room for bytes that arrive in any order under a name of letters and digits, and stays until `discardStaged`,
   * across restarts too. StorageFullError when there is too little room beside what is staged and yet to be written.
   */
  stage(name: string, sizeBytes: number): Promise<void>;

  /**
   * Writes the source into staged bytes from `position` on, and answers how many of them are durable when it has ended,
   * failed, or the signal came: what arrived of a broken source counts. Several may write to one name at once, in
   * stretches that do not overlap. Rejects with StagedMissingError alone; all else is told as `brokenBy`.
   */
  writeStaged(
    name: string,
    position: number,
    source: AsyncIterable<Uint8Array>,
    options: StagedWriteOptions,
  ): Promise<StagedWrite>;

  /** The staged bytes for a reader; whoever opens closes. StagedMissingError when there are none. */
  openStaged(name: string): Promise<BlobReader>;

  /**
   * Makes a blob of staged bytes that are all there, as the caller vouches, and of which none are being written. They
   * stay staged, so that a crash before the row is written loses nothing; `discardStaged` follows the row.
   * BlobMismatchError, and nothing done, when `sha512` is given and is another. StagedMissingError when there are none.
   */
  finishStaged(name: string, options?: { sha512?: string; signal?: AbortSignal }): Promise<HeldBlob>;

  /** Forgets staged bytes; harmless when there are none. */
  discardStaged(name: string): Promise<void>;

  /** What is staged, in no particular order. */
  listStaged(): Promise<StagedStat[]>;

  /**
   * Takes over finished local files, each for itself, and answers in their order once all of them are durable. The
   * caller vouches for their digests, and that their bytes have been flushed to the disk. A file is gone from its
   * path afterwards. Whoever has made it may hold it open still: so it becomes a blob of which nobody else has a row,
   * and where there is a blob of its digest, or one comes, bytes that only the store can change take the place of both.
   * May be repeated: a path that is gone while the blob is there is fine. A file is refused with
   * BlobMissingError when both are missing, BlobMismatchError when it is not the one that was hashed: of another size or
   * stamp, no plain file, reached through a link, or of other bytes where these are looked at. StorageFullError when there
   * is no room for a copy, StorageClosingError when the store is closed meanwhile; then it stays where it is.
   */
  adopt(files: readonly LocalFile[]): Promise<PromiseSettledResult<HeldBlob>[]>;

  /**
   * Holds a blob that is there already, for one more row; null when there is none of this digest and size. Copies one that
   * was a file of a job, once: StorageFullError when there is no room, null when its bytes are not those of the digest.
   */
  hold(blob: BlobStat): Promise<HeldBlob | null>;

  /** The bytes from `start` to `end`, both inclusive, of the whole blob when absent. BlobMissingError when there is none. */
  open(sha512: string, range?: { start?: number; end?: number }): Promise<Readable>;

  /** The blob for a reader that brings its own memory. BlobMissingError when there is none; whoever opens closes. */
  openReader(sha512: string): Promise<BlobReader>;

  /** Size of a blob, or null when there is none. */
  stat(sha512: string): Promise<BlobStat | null>;

  /**
   * Removes a blob for good. False, and nothing done, while the digest is held or when `confirm` answers false;
   * true when the blob is gone, also when it was never there.
   */
  remove(sha512: string, options?: { confirm?: () => Promise<boolean> | boolean }): Promise<boolean>;

  /** Every blob, in no particular order; blobs that come or go meanwhile may be seen or not. */
  list(): AsyncIterable<BlobStat>;

  /** Reads the blob again and compares it with its digest. */
  verify(sha512: string, options?: { signal?: AbortSignal }): Promise<BlobVerdict>;

  /**
   * Removes what broken uploads of earlier processes left; uploads of this process are not touched, nor is what is
   * staged. For the one server of a store only: the uploads of another process look like broken ones.
   */
  sweep(): Promise<{ files: number; bytes: number }>;

  /** Bytes that can still be stored, or null where the store has no such bound. */
  freeBytes(): Promise<number | null>;

  /** Absolute path of the blob for programs on the same file system; null where the store has no such path. */
  localPath(sha512: string): string | null;

  /** Ends background threads. Uploads under way are broken off. */
  close(): Promise<void>;
}

export interface ReceiveOptions {
  signal?: AbortSignal;
  maxBytes?: number;
  /** How many bytes the sender announced, so that a hopeless upload is refused before it starts. */
  expectedBytes?: number;
  /**
   * Nobody needs the chunks of the source any more: the memory of a large buffer may be given back as soon as a chunk
   * of another one has come. Those of one buffer come one after the other.
   */
  ownsChunks?: boolean;
}

export interface StagedWriteOptions {
  signal?: AbortSignal;
  /** Most bytes the source may give; nothing beyond them is written. */
  maxBytes: number;
  /** Stretches from the first byte to behind the last that are there from before, to be hashed while others arrive. */
  present?: readonly (readonly [start: number, end: number])[];
  /** Nobody needs the chunks of the source any more: their memory may be given back as soon as they are written. */
  ownsChunks?: boolean;
  /** Called now and then with how many bytes of this source are durable. */
  onDurable?: (bytes: number) => void;
}

export interface StagedWrite {
  durableBytes: number;
  /**
   * Why not all of the source was taken in: its own error, the signal's reason, BlobTooLargeError, StorageFullError,
   * StorageError; null when it was.
   */
  brokenBy: unknown;
}

export interface StagedStat {
  name: string;
  /** As announced. */
  sizeBytes: number;
  /** What it takes up on the disk. */
  writtenBytes: number;
}

export interface BlobStat {
  /** 128 lower-case hexadecimal digits. */
  sha512: string;
  sizeBytes: number;
}

/** A file on the store's own host, in a place where somebody else may put another one at any moment. */
export interface LocalFile extends BlobStat {
  /** A directory in which nobody but the store's user can change a name. */
  directory: string;
  /** Where the file is below it; none of the names on the way may be a link. */
  path: string;
  /** How the file was when it was hashed, see `stampOf` of the agent; null when nobody has noted it. */
  stamp: string | null;
}

/** A durable blob that cannot be removed until it is released. Releasing twice is harmless. */
export interface HeldBlob extends BlobStat, AsyncDisposable {
  release(): void;
}

export interface BlobReader {
  readonly sizeBytes: number;
  /** Fills `into` from `position` on, perhaps not wholly; answers the number of bytes, 0 behind the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export type BlobVerdict =
  | { state: 'intact'; sizeBytes: number }
  | { state: 'missing' }
  | { state: 'damaged'; sizeBytes: number; actualSha512: string }
  | { state: 'unreadable'; error: StorageError };

/** The store could not do its part (broken disk, wrong rights); the system's own error is the cause. */
export class StorageError extends Error {
  override name = 'StorageError';
}

/** No room left; worth another try once somebody has made room. */
export class StorageFullError extends StorageError {
  override name = 'StorageFullError';
}

/** The store ends before the work was done: nothing is changed, and the same may be asked of the next one. */
export class StorageClosingError extends StorageError {
  override name = 'StorageClosingError';
}

/** More bytes than the caller allowed. */
export class BlobTooLargeError extends StorageError {
  override name = 'BlobTooLargeError';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The file is larger than the ${maxBytes} bytes allowed.`);
    this.maxBytes = maxBytes;
  }
}

export class BlobMissingError extends StorageError {
  override name = 'BlobMissingError';
  readonly sha512: string;

  constructor(sha512: string, where: string) {
    super(`There is no blob ${sha512.slice(0, 12)}… ${where}.`);
    this.sha512 = sha512;
  }
}

/** Nothing is staged under the name. */
export class StagedMissingError extends StorageError {
  override name = 'StagedMissingError';

  constructor(staged: string) {
    super(`Nothing is staged under the name ${staged}.`);
  }
}

export class BlobMismatchError extends StorageError {
  override name = 'BlobMismatchError';
}

/** Digests become paths and keys, so nothing else may pass. */
export function isSha512(text: string): boolean {
  return /^[0-9a-f]{128}$/.test(text);
}
