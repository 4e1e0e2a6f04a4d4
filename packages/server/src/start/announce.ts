import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Announcement {
  url: string;
  dataDir: string;
  pid: number;
  /** A file that holds the owner's key, readable by its owner only. */
  keyFile: string;
  startedAt: string;
}

/**
 * Leaves notes of the running server: for its agents in the data directory, and for command lines of the same
 * user in the state directory, one file per data directory. Answers a function that takes the latter back.
 */
export async function announce(
  announcement: Announcement,
  places: { serverFile: string; stateDirectory: string | null },
): Promise<() => Promise<void>> {
  await replaceFile(places.serverFile, announcement);
  if (places.stateDirectory === null) return async () => {};
  const name = createHash('sha256').update(announcement.dataDir).digest('hex').slice(0, 16);
  const note = join(places.stateDirectory, 'servers', `${name}.json`);
  await replaceFile(note, announcement);
  return () => rm(note, { force: true });
}

/** A reader sees the old file or the new one, never half of one. */
async function replaceFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, JSON.stringify(value), { mode: 0o600 });
  await rename(fresh, path);
}
