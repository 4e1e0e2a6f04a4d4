import { type BigIntStats, lstatSync } from 'node:fs';
import { stampOf } from '../files/door.ts';

interface Staged {
  stamp: string;
  sha512: string | null;
}

/** What staging put into the work directory, to tell what the commands made or changed. */
export class Snapshot {
  readonly #files = new Map<string, Staged>();
  /** Makes what is staged the property of whom commands run as. */
  readonly own: (path: string | Buffer) => void;

  constructor(own: (path: string | Buffer) => void) {
    this.own = own;
  }

  /** Remembers a file as it is now, and as the commands' own; `sha512` of its bytes, where known, settles a doubt later. */
  record(relativePath: string, path: string | Buffer, sha512: string | null): void {
    this.own(path);
    this.#files.set(relativePath, { stamp: stampOf(lstatSync(path, { bigint: true })), sha512 });
  }

  /** Whether staging has put something there. */
  has(relativePath: string): boolean {
    return this.#files.has(relativePath);
  }

  /** What lies there is an output, whatever it holds. */
  forget(relativePath: string): void {
    this.#files.delete(relativePath);
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
