import { constants, copyFile, lstatSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { isDiskFull } from '../runs/failure.ts';

const copy = promisify(copyFile);
/** What a file system says that cannot share the bytes of two files. */
const CANNOT_SHARE = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EINVAL', 'ENOTTY']);

/** There is no space for a copy. */
export class NoRoomError extends Error {}

/** Makes copies whose sources stay as they are, and leaves room on the disk for others. */
export class Copier {
  readonly #spareBytes: number;
  #canShare = true;
  /** Of the copies under way. */
  #pendingBytes = 0;

  constructor(spareBytes: number) {
    this.#spareBytes = spareBytes;
  }

  /** Copies a file to where nothing is yet, by sharing its bytes where the file system can; throws a NoRoomError. */
  async copy(source: string, target: string): Promise<void> {
    if (this.#canShare && (await this.#share(source, target))) {
      return;
    }
    const { size } = lstatSync(source);
    const { bavail, bsize } = statfsSync(dirname(target));
    if (bavail * bsize - this.#pendingBytes - size < this.#spareBytes) {
      throw noRoom();
    }
    this.#pendingBytes += size;
    try {
      await copy(source, target, constants.COPYFILE_EXCL);
    } catch (error) {
      rmSync(target, { force: true });
      throw isDiskFull(error) ? noRoom(error) : error;
    } finally {
      this.#pendingBytes -= size;
    }
  }

  async #share(source: string, target: string): Promise<boolean> {
    try {
      await copy(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      return true;
    } catch (error) {
      if (!CANNOT_SHARE.has((error as NodeJS.ErrnoException).code ?? '')) {
        throw isDiskFull(error) ? noRoom(error) : error;
      }
      rmSync(target, { force: true });
      this.#canShare = false;
      return false;
    }
  }
}

function noRoom(cause?: unknown): NoRoomError {
  return new NoRoomError('there is no space for a copy; it is kept in the directory of the run', { cause });
}
