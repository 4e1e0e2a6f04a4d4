/** What lies in a work directory that goes on changing: looked at once, before any of its bytes are copied. */
import type { BigIntStats } from 'node:fs';
import { StepRefused, type TreeCursor } from '../files/cursor.ts';
import { listEntries, lookAt, readLink, reasonOf } from '../files/door.ts';
import { kindOf } from '../files/kind-of.ts';
import { type RawName, textOf } from '../files/raw-name.ts';

/** A directory with those above it, since the names of deep ones together would fill the memory. */
export interface SurveyedDirectory {
  name: RawName;
  above: SurveyedDirectory | null;
  /** Of its path, with a slash behind it. */
  pathBytes: number;
}

export interface SurveyedEntry {
  directory: SurveyedDirectory;
  name: RawName;
  stats: BigIntStats;
  /** Of a symbolic link. */
  target: RawName | null;
}

export interface SurveyOptions {
  /** In the work directory. */
  cursor: TreeCursor;
  /** Of all kinds; what has more is refused. */
  mostEntries: number;
  isWanted: (relativePath: string, kind: 'file' | 'directory' | 'link') => boolean;
  /** A name at the top that belongs to the agent. */
  leftOut: string;
  onSkipped: (relativePath: string, reason: string) => void;
  /** Called with each file as soon as it is found, with the cursor in its directory. */
  onFile: (entry: SurveyedEntry) => void;
}

/** A work directory has more entries than a snapshot takes. */
export class TooManyEntriesError extends Error {}

/** As long as a path is that Linux takes in one call. */
const MOST_PATH_BYTES = 4096;

interface Level {
  directory: SurveyedDirectory;
  prefix: string;
  names: RawName[];
}

/** Entries in the order of their paths, a directory before what is in it. */
export function survey(options: SurveyOptions): SurveyedEntry[] {
  const { cursor, onSkipped } = options;
  const found: SurveyedEntry[] = [];
  const base = cursor.depth;
  const count = { entries: 0 };
  const root: SurveyedDirectory = { name: '' as RawName, above: null, pathBytes: 0 };
  const levels: Level[] = [{ directory: root, prefix: '', names: list(options, '', count) }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names.pop();
    if (name === undefined) {
      levels.pop();
      if (levels.length > 0) {
        try {
          cursor.leave();
        } catch (error) {
          onSkipped(level.prefix, `what comes after it was not looked at: ${reasonOf(error)}`);
          levels.length = Math.min(levels.length, cursor.depth - base + 1);
        }
      }
      continue;
    }
    const entered = look(options, level, name, found);
    if (entered !== null) {
      levels.push({ ...entered, names: list(options, entered.prefix, count) });
    }
  }
  return found;
}

/** The names in the current directory, the first one last. */
function list({ cursor, mostEntries, onSkipped }: SurveyOptions, prefix: string, count: { entries: number }) {
  const names: RawName[] = [];
  try {
    for (const { name } of listEntries(cursor.fd)) {
      count.entries += 1;
      if (count.entries > mostEntries) {
        throw new TooManyEntriesError();
      }
      names.push(name);
    }
  } catch (error) {
    if (error instanceof TooManyEntriesError) {
      throw error;
    }
    onSkipped(prefix, `it cannot be listed: ${reasonOf(error)}`);
  }
  return names.sort((a, b) => (a < b ? 1 : -1));
}

/** Notes what an entry is; enters a directory, and answers it. */
function look(
  options: SurveyOptions,
  { directory, prefix }: Level,
  name: RawName,
  found: SurveyedEntry[],
): Omit<Level, 'names'> | null {
  const { cursor, isWanted, onSkipped, onFile, leftOut } = options;
  const relativePath = prefix + textOf(name);
  if (relativePath === leftOut) {
    return null;
  }
  const pathBytes = directory.pathBytes + name.length;
  if (pathBytes > MOST_PATH_BYTES) {
    // Each entry of an archive has its whole path: of a tree that is deep enough these alone would fill the disk.
    onSkipped(
      relativePath,
      `its path is longer than ${MOST_PATH_BYTES} bytes, as is that of all that is in it`,
    );
    return null;
  }
  try {
    const stats = lookAt(cursor.fd, name);
    if (stats === undefined) {
      // Removed since it was listed, by whoever may.
      return null;
    }
    if (stats.isDirectory()) {
      cursor.enter(name);
      if (isWanted(relativePath, 'directory')) {
        found.push({ directory, name, stats, target: null });
      }
      return { directory: { name, above: directory, pathBytes: pathBytes + 1 }, prefix: `${relativePath}/` };
    }
    if (!isWanted(relativePath, stats.isSymbolicLink() ? 'link' : 'file')) {
      return null;
    }
    if (stats.isSymbolicLink()) {
      found.push({ directory, name, stats, target: readLink(cursor.fd, name) });
    } else if (stats.isFile()) {
      const entry = { directory, name, stats, target: null };
      found.push(entry);
      onFile(entry);
    } else {
      onSkipped(relativePath, `it is ${kindOf(stats)}`);
    }
  } catch (error) {
    onSkipped(
      relativePath,
      error instanceof StepRefused ? error.message : `it cannot be read: ${reasonOf(error)}`,
    );
  }
  return null;
}

/** The names of a directory, from the work directory on. */
export function namesOf(directory: SurveyedDirectory): RawName[] {
  const names: RawName[] = [];
  for (let at = directory; at.above !== null; at = at.above) {
    names.push(at.name);
  }
  return names.reverse();
}
