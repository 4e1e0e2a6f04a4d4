import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import type { DataPaths } from './paths.ts';

export interface Origin {
  /** The directory is a copy of the one that the last server worked in: a backup, restored or tried elsewhere. */
  isCopy: boolean;
  /** From now on it is an original. */
  remember(): Promise<void>;
}

/**
 * Tells a data directory from a copy of it by the inode of its database, which no copy has. One that was set back as a
 * whole, as a volume or a machine can be, is not noticed; nor is one that an earlier version wrote last.
 */
export async function findOrigin({ database, origin }: DataPaths): Promise<Origin> {
  const { ino, birthtimeNs } = await stat(database, { bigint: true });
  const mine = JSON.stringify({ inode: String(ino), madeNs: String(birthtimeNs) });
  let noted = await readFile(origin, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  return {
    isCopy: noted !== null && noted !== mine,
    async remember() {
      if (noted === mine) {
        return;
      }
      await writeFile(`${origin}.new`, mine, { mode: 0o600, flush: true });
      await rename(`${origin}.new`, origin);
      noted = mine;
    },
  };
}
