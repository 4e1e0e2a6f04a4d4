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

/** Notes of the running server, which others find it by. */
export interface Notes {
  /** Writes them, anew where they are there. */
  write(): Promise<void>;
  /** Takes back those for command lines. */
  withdraw(): Promise<void>;
}

/**
 * Notes for the server's agents in the data directory, and for command lines of the same user in the state directory,
 * one file per data directory.
 */
export function notesOf(
  announcement: Announcement,
  places: { serverFile: string; stateDirectory: string | null },
): Notes {
  const name = createHash('sha256').update(announcement.dataDir).digest('hex').slice(0, 16);
  const note = places.stateDirectory && join(places.stateDirectory, 'servers', `${name}.json`);
  return {
    async write() {
      await replaceFile(places.serverFile, announcement);
      if (note) {
        await replaceFile(note, announcement);
      }
    },
    async withdraw() {
      if (note) {
        await rm(note, { force: true });
      }
    },
  };
}

/** A reader sees the old file or the new one, never half of one. */
async function replaceFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  try {
    await writeFile(fresh, JSON.stringify(value), { mode: 0o600 });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
