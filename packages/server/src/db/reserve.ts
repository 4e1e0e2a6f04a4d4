import { randomFill } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { rename, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const random = promisify<Buffer, Buffer>(randomFill);

/**
 * Space set aside on the disk of the database. Commands of jobs may fill the disk to the last byte; then the
 * end of those jobs can still be recorded and things can still be deleted, which is what makes room again.
 */
export interface Reserve {
  /** Gives the space free; false when there is none to give. */
  release(): boolean;
  /** Sets the space aside again once there is plenty. */
  restore(): Promise<void>;
}

export const NO_RESERVE: Reserve = { release: () => false, restore: async () => {} };

export function openReserve(path: string, bytes: number): Reserve {
  return {
    release() {
      if (!existsSync(path)) {
        return false;
      }
      rmSync(path, { force: true });
      return true;
    },
    async restore() {
      if (existsSync(path) && statSync(path).size === bytes) {
        return;
      }
      const { bavail, bsize } = await statfs(dirname(path));
      if (bavail * bsize < 2 * bytes) {
        return;
      }
      const fresh = `${path}.new`;
      try {
        // A sparse file would reserve nothing, and zeros next to nothing where the file system compresses.
        await writeFile(fresh, await random(Buffer.allocUnsafe(bytes)), { mode: 0o600 });
        await rename(fresh, path);
      } catch {
        await rm(fresh, { force: true });
      }
    },
  };
}
