/**
 * Where the bytes of one file go: each filled slot is written in place at once, and hashed as soon as all before it is.
 * When memory is short and the hash waits for bytes that are late, slots that are on disk are given back; the hash then
 * reads them from there, where they still are in the system's memory.
 */

import { localError } from '../local-file-error.ts';
import type { FileHash } from './hash-threads.ts';
import type { PartialFile } from './partial-file.ts';
import type { SlotPool } from './slot-pool.ts';

/** The disk is put to work after each so many bytes, so that little is left to wait for at the end. */
const WRITE_BACK_BYTES = 64 * 1024 * 1024;
/** Read from the file by the hash at once, so that the thread can be ended in between. */
const READ_BYTES = 8 * 1024 * 1024;

interface Piece {
  memory: SharedArrayBuffer;
  length: number;
  /** The write and the hash; the slot is free when both are done with it. */
  users: number;
  isWritten: boolean;
}

export class Sink implements Disposable {
  readonly #partial: PartialFile;
  readonly #hash: FileHash;
  readonly #slots: SlotPool;
  readonly #onFailure: (error: unknown) => void;
  /** Filled slots that the hash has not been given, by where they start. */
  readonly #pieces = new Map<number, Piece>();
  readonly #helper: Disposable;
  /** All before this was given to the hash. */
  #hashedUpTo = 0;
  #isReading = false;
  /** Slots that the hash was given and has not finished. */
  #hashing = 0;
  /** Writes and requests to the hash that have not ended. */
  #pending = 0;
  /** The last write: the kernel lets one at a time into a file, and those that wait for it burn the processor. */
  #writing: Promise<unknown> = Promise.resolve();
  #dirtyBytes = 0;
  #isWritingBack = false;
  #isStopped = false;
  #onIdle: (() => void) | null = null;

  constructor(partial: PartialFile, hash: FileHash, slots: SlotPool, onFailure: (error: unknown) => void) {
    this.#partial = partial;
    this.#hash = hash;
    this.#slots = slots;
    this.#onFailure = onFailure;
    this.#helper = slots.onShortage(() => this.#spareOne());
    this.#feedHash();
  }

  /** Takes over a slot that holds `length` bytes of the file from `start` on. */
  store(start: number, memory: SharedArrayBuffer, length: number): void {
    const piece = { memory, length, users: 2, isWritten: false };
    this.#pieces.set(start, piece);
    const written = this.#writing.then(() => this.#write(start, piece));
    this.#writing = written.catch(() => {});
    this.#follow(written, () => {
      piece.isWritten = true;
      this.#partial.wrote(start, start + length);
      this.#release(piece);
      this.#writeBack(length);
    });
    this.#feedHash();
  }

  /** Resolves when nothing is written or hashed any more; what failed was told before. */
  async settled(): Promise<void> {
    if (this.#pending === 0) {
      return;
    }
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Hashes no more: nobody will ask for the digest, and what is on disk may be terabytes. Writes still end. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The SHA-512 of all bytes, which are all there. */
  async digest(): Promise<string> {
    await this.settled();
    return this.#hash.digest();
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#helper[Symbol.dispose]();
    for (const piece of this.#pieces.values()) {
      this.#release(piece);
    }
    this.#pieces.clear();
    this.#hash[Symbol.dispose]();
  }

  #feedHash(): void {
    while (!this.#isStopped) {
      const start = this.#hashedUpTo;
      const piece = this.#pieces.get(start);
      if (piece !== undefined) {
        this.#pieces.delete(start);
        this.#hashedUpTo += piece.length;
        this.#hashing += 1;
        this.#follow(this.#hash.update(piece.memory, piece.length), () => {
          this.#hashing -= 1;
          this.#release(piece);
        });
        continue;
      }
      // One at a time: what comes next may be in memory by then.
      const end = this.#isReading ? start : this.#endOnDisk(start);
      if (end <= start) {
        return;
      }
      this.#isReading = true;
      this.#hashedUpTo = end;
      this.#follow(this.#hash.read(this.#partial.handle.fd, start, end), () => {
        this.#isReading = false;
      });
    }
  }

  /** How far the hash can read from the file before it comes to a slot, or to bytes that are not there. */
  #endOnDisk(start: number): number {
    let end = Math.min(this.#partial.stretches.endFrom(start), start + READ_BYTES);
    if (end > start) {
      for (const next of this.#pieces.keys()) {
        if (next > start && next < end) {
          end = next;
        }
      }
    }
    return end;
  }

  /**
   * Gives back the slot that the hash will come to last, if it is on disk. Not while the hash takes slots from memory:
   * one is free soon, and reading again would cost the hash more than waiting costs the network.
   */
  #spareOne(): boolean {
    if (this.#hashing > 0) {
      return false;
    }
    let last = -1;
    for (const [start, { isWritten }] of this.#pieces) {
      if (isWritten && start > last) {
        last = start;
      }
    }
    const piece = this.#pieces.get(last);
    if (piece === undefined) {
      return false;
    }
    this.#pieces.delete(last);
    this.#release(piece);
    return true;
  }

  async #write(start: number, { memory, length }: Piece): Promise<void> {
    const bytes = new Uint8Array(memory);
    try {
      for (let done = 0; done < length; ) {
        const { bytesWritten } = await this.#partial.handle.write(bytes, done, length - done, start + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw localError(error, this.#partial.path);
    }
  }

  /** Hardly anybody waits for these: the last sync finds most of the file on disk already. */
  #writeBack(length: number): void {
    this.#dirtyBytes += length;
    if (this.#isWritingBack || this.#dirtyBytes < WRITE_BACK_BYTES) {
      return;
    }
    this.#isWritingBack = true;
    this.#dirtyBytes = 0;
    this.#follow(this.#partial.datasync(), () => {
      this.#isWritingBack = false;
    });
  }

  #follow(work: Promise<unknown>, done: () => void): void {
    this.#pending += 1;
    const end = () => {
      this.#pending -= 1;
      this.#feedHash();
      this.#slots.nudge();
      if (this.#pending > 0) {
        return;
      }
      this.#onIdle?.();
      this.#onIdle = null;
    };
    work.then(done).then(end, (error: unknown) => {
      this.#onFailure(error);
      end();
    });
  }

  #release(piece: Piece): void {
    piece.users -= 1;
    if (piece.users === 0) {
      this.#slots.give(piece.memory);
    }
  }
}
