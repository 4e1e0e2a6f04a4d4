import type { BigIntStats } from 'node:fs';
import { stampOf, statOf } from '../files/door.ts';

/** A file as staging left it: its path, its stamp and the SHA-512 of its bytes where known; without a stamp it counts no more. */
export type StagedEntry = [relativePath: string, stamp: string | null, sha512: string | null];

interface Staged {
  stamp: string;
  sha512: string | null;
}

/** What staging put into the work directory, to tell what the commands made or changed. */
export class Snapshot {
  readonly #files = new Map<string, Staged>();
  /** What has changed since it was taken last. */
  #news: StagedEntry[] = [];
  /** Makes what is staged the property of whom commands run as. */
  readonly own: (fd: number) => void;

  constructor(own: (fd: number) => void) {
    this.own = own;
  }

  /** Goes on with what an earlier snapshot of the same directory had. */
  restore(entries: readonly StagedEntry[]): void {
    for (const [relativePath, stamp, sha512] of entries) {
      if (stamp === null) {
        this.#files.delete(relativePath);
      } else {
        this.#files.set(relativePath, { stamp, sha512 });
      }
    }
  }

  /** Remembers an open file as it is now, and as the commands' own; `sha512` of its bytes, where known, settles a doubt later. */
  record(relativePath: string, fd: number, sha512: string | null): void {
    this.own(fd);
    const stamp = stampOf(statOf(fd));
    this.#files.set(relativePath, { stamp, sha512 });
    this.#news.push([relativePath, stamp, sha512]);
  }

  /** Takes a file for an input that was to be staged and of which no more is known: its digest tells. */
  expect(relativePath: string, { sizeBytes, sha512 }: { sizeBytes: number; sha512: string }): void {
    if (!this.#files.has(relativePath)) {
      this.#files.set(relativePath, { stamp: `${sizeBytes}:`, sha512 });
    }
  }

  /** Whether staging has put something there. */
  has(relativePath: string): boolean {
    return this.#files.has(relativePath);
  }

  /** Whether staging has put something of that size there. */
  hasSize(relativePath: string, sizeBytes: number): boolean {
    return this.#files.get(relativePath)?.stamp.startsWith(`${sizeBytes}:`) === true;
  }

  /** What lies there is an output, whatever it holds. */
  forget(relativePath: string): void {
    this.#files.delete(relativePath);
    this.#news.push([relativePath, null, null]);
  }

  /** What was recorded and forgotten since the last call, in order. */
  takeNews(): StagedEntry[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** `doubtful`: touched, but of the same size, so that only the digest can tell. */
  compare(relativePath: string, stats: BigIntStats): 'new' | 'unchanged' | { doubtful: string } {
    const staged = this.#files.get(relativePath);
    if (staged === undefined) {
      return 'new';
    }
    const stamp = stampOf(stats);
    if (stamp === staged.stamp) {
      return 'unchanged';
    }
    const sameSize = stamp.split(':')[0] === staged.stamp.split(':')[0];
    return sameSize && staged.sha512 !== null ? { doubtful: staged.sha512 } : 'new';
  }
}
