import { readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { openReserve, type Reserve } from '../db/reserve.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { meansStorageFull } from '../problems.ts';
import type { DataPaths } from './paths.ts';

export interface StartSpace {
  /** Sets space aside for the next start, once there is plenty. */
  restore(): Promise<void>;
}

/**
 * Makes room for a start on a disk that is full, without the database, which cannot even be read there: what was set
 * aside for this, what broken uploads of earlier processes left, and where that does not do, what can be made again. For
 * whoever holds the lock of the data directory.
 */
export async function freeSpaceForStart(paths: DataPaths, logger: Logger): Promise<StartSpace> {
  const aside = openReserve(paths.startReserve, LIMITS.startReserveBytes);
  const before = await freeBytes(paths.data);
  if (before < LIMITS.startReserveBytes) {
    const freed: string[] = [];
    if (aside.release()) {
      freed.push('space set aside');
    }
    if (await emptyDirectory(join(paths.data, 'incoming'))) {
      freed.push('broken uploads');
    }
    if (
      (await freeBytes(paths.data)) < LIMITS.startReserveBytes &&
      (await emptyDirectory(paths.compileCache))
    ) {
      freed.push('compiled modules');
    }
    logger.warn(
      { freeBytesBefore: before, freeBytes: await freeBytes(paths.data), freed },
      'the disk of the data directory is full: delete jobs and files, or add space',
    );
  }
  return { restore: () => aside.restore() };
}

/** Opens what needs space; where there is none after all, once more with what is set aside for the ends of jobs. */
export async function withReserve<Opened>(reserve: Reserve, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (!meansStorageFull(error) || !reserve.release()) {
      throw error;
    }
    return await open();
  }
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Removes what can be removed; false when there was nothing. */
async function emptyDirectory(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => []);
  for (const name of names) {
    await rm(join(path, name), { recursive: true, force: true }).catch(() => undefined);
  }
  return names.length > 0;
}
