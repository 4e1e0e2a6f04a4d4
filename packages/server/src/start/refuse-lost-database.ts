import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseDamagedError } from '../db/damage.ts';
import type { DataPaths } from './paths.ts';

/**
 * Refuses to begin a new platform where the database of another one is missing or empty: it would know none of the
 * files whose bytes are there, and they would be removed as belonging to none. Throws DatabaseDamagedError.
 */
export function refuseLostDatabase(paths: DataPaths): void {
  const what = lostDatabase(paths);
  if (what !== null) {
    throw new DatabaseDamagedError(paths.database, what);
  }
}

/** In what way the database is lost, in words; null when it is there, or nothing depends on it. */
export function lostDatabase({ data, database }: DataPaths): string | null {
  const size = statSync(database, { throwIfNoEntry: false })?.size;
  if (size !== undefined && size > 0) {
    return null;
  }
  if (!['blobs', 'packs', 'staged'].some((name) => holdsFiles(join(data, name)))) {
    return null;
  }
  return size === undefined
    ? 'it is missing, while the bytes of files are there'
    : 'it is empty, while the bytes of files are there';
}

function holdsFiles(directory: string): boolean {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.some((entry) => !entry.isDirectory() || holdsFiles(join(directory, entry.name)));
  } catch {
    return false;
  }
}
