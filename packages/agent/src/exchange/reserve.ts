import { randomFill } from 'node:crypto';
import { rmSync, unlinkSync } from 'node:fs';
import { rename, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { RESERVE_PAUSE_MS } from '../limits.ts';

const random = promisify<Buffer, Buffer>(randomFill);

/** Space set aside on the disk of the journal: when a job fills the disk, its end can be written down all the same. */
export class Reserve {
  readonly #path: string;
  readonly #bytes: number;
  #isThere = false;
  #settingAside: Promise<void> | null = null;
  #nextTryAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Sets the space aside, unless it is or there is too little; asked again and again it tries now and then. */
  setAside(): Promise<void> {
    const now = performance.now();
    const isWanted = !this.#isThere && !this.#isClosed && this.#settingAside === null;
    if (isWanted && now >= this.#nextTryAt) {
      this.#nextTryAt = now + RESERVE_PAUSE_MS;
      this.#settingAside = this.#write().finally(() => {
        this.#settingAside = null;
      });
    }
    return this.#settingAside ?? Promise.resolve();
  }

  /** Gives the space free; false when there is none to give. */
  release(): boolean {
    try {
      unlinkSync(this.#path);
    } catch {
      return false;
    } finally {
      this.#isThere = false;
    }
    return true;
  }

  /** The space is not needed any more. */
  close(): void {
    this.#isClosed = true;
    this.release();
  }

  async #write(): Promise<void> {
    const fresh = `${this.#path}.new`;
    try {
      const { bavail, bsize } = await statfs(dirname(this.#path));
      if (bavail * bsize < 2 * this.#bytes) {
        return;
      }
      // A sparse file would set nothing aside, and zeros next to nothing where the file system compresses.
      await writeFile(fresh, await random(Buffer.allocUnsafe(this.#bytes)), { mode: 0o600 });
      if (this.#isClosed) {
        throw new Error('The journal was closed meanwhile.');
      }
      await rename(fresh, this.#path);
      this.#isThere = true;
    } catch {
      // Without it the end of a run is kept in memory until the server has it.
      rmSync(fresh, { force: true });
    }
  }
}
