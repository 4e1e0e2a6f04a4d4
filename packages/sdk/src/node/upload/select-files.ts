/** The files that paths of this machine stand for: looked at all, and refused in words, before the first one is sent. */
import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { access, constants, lstat, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LocalFileError, QuarryError } from '../../errors.ts';
import { SELECTED_FILES, STATS_AT_ONCE } from '../../limits.ts';
import { readingError } from '../local-file-error.ts';
import { type Selection, selector } from '../select-outputs.ts';

export interface SelectedFile {
  path: string;
  /** Below the directory that was given, with `/` between names; the name alone of a file that was given itself. */
  relativePath: string;
  /** The same below the name of that directory. */
  archivePath: string;
  sizeBytes: number;
  mode: number;
  modified: Date;
}

export interface SelectedFiles {
  /** In the order given, and by name within a directory. */
  files: SelectedFile[];
  /** Directories that are not left out, empty ones too. */
  directories: Pick<SelectedFile, 'archivePath' | 'mode' | 'modified'>[];
}

export interface SelectOptions extends Selection {
  /** Told of what in a directory is nothing to upload: a dead link, a circle of links, a socket, a name that is not UTF-8. */
  onLeftOut?: ((error: LocalFileError) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Files that are given, and all files below directories that are given: hidden ones too, through symbolic links too.
 * Patterns are for what lies in directories. `LocalFileError` for what cannot be read, and for what is no file, leads nowhere or
 * in a circle, or has a name that is not UTF-8, unless `onLeftOut` is told of it and the rest is taken.
 */
export async function selectFiles(
  paths: readonly string[],
  { include = [], exclude = [], onLeftOut, signal }: SelectOptions = {},
): Promise<SelectedFiles> {
  const isWanted = selector({ include, exclude });
  // Of a directory that is left out nothing is looked at, so that it may be unreadable.
  const isLookedInto = selector({
    exclude: exclude.map((pattern) => pattern.trim().replace(/(?<=.)\/+$/, '')),
  });
  const leaveOut = (error: LocalFileError) => {
    if (onLeftOut === undefined) {
      throw error;
    }
    onLeftOut(error);
  };
  const files: SelectedFile[] = [];
  const directories: SelectedFiles['directories'] = [];

  async function take(path: string, facts: Stats, relativePath: string, archivePath: string): Promise<void> {
    if (files.length >= SELECTED_FILES) {
      throw new QuarryError(`There are more than ${SELECTED_FILES} files to upload.`, {
        hint: 'Upload them in several steps, or pack them into archives first.',
      });
    }
    if (!facts.isFile()) {
      throw notAFile(path, facts);
    }
    await access(path, constants.R_OK).catch((error: unknown) => {
      throw readingError(error, path);
    });
    const { size: sizeBytes, mode, mtime: modified } = facts;
    files.push({ path, relativePath, archivePath, sizeBytes, mode, modified });
  }

  async function walk(
    path: string,
    facts: Stats,
    below: string,
    root: string,
    above: readonly string[],
  ): Promise<void> {
    signal?.throwIfAborted();
    const identity = `${facts.dev}:${facts.ino}`;
    if (above.includes(identity)) {
      const words = `${path} is a link that leads back to a directory above it.`;
      leaveOut(new LocalFileError('not_a_file', words, { hint: LEAVE_OUT }));
      return;
    }
    const archivePath = below === '' ? root : `${root}/${below}`;
    if (include.length === 0) {
      directories.push({ archivePath, mode: facts.mode, modified: facts.mtime });
    }
    const entries = (await namesIn(path, leaveOut)).toSorted().map((name) => ({
      path: join(path, name),
      relativePath: below === '' ? name : `${below}/${name}`,
    }));
    for (let from = 0; from < entries.length; from += STATS_AT_ONCE) {
      const some = entries.slice(from, from + STATS_AT_ONCE);
      const found = await Promise.all(
        // What is left out may be broken.
        some.map((entry) => (isLookedInto(entry.relativePath) ? lookInside(entry.path, leaveOut) : null)),
      );
      for (const [index, entry] of some.entries()) {
        const entryFacts = found[index];
        if (entryFacts == null) {
          continue;
        }
        if (entryFacts.isDirectory()) {
          await walk(entry.path, entryFacts, entry.relativePath, root, [...above, identity]);
        } else if (!isWanted(entry.relativePath)) {
        } else if (!entryFacts.isFile()) {
          leaveOut(notAFile(entry.path, entryFacts));
        } else {
          await take(entry.path, entryFacts, entry.relativePath, `${root}/${entry.relativePath}`);
        }
      }
    }
  }

  for (const path of paths) {
    const facts = await look(path);
    const name = basename(resolve(path));
    if (facts.isDirectory()) {
      await walk(path, facts, '', name || 'root', []);
    } else {
      await take(path, facts, name, name);
    }
  }
  return { files, directories };
}

async function look(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw readingError(error, path);
  }
}

/** Names in a directory; one that is not UTF-8 cannot be said to the platform, nor opened by what we read of it. */
async function namesIn(path: string, leaveOut: (error: LocalFileError) => void): Promise<string[]> {
  const names = await readdir(path, { encoding: 'buffer' }).catch((error: unknown) => {
    throw readingError(error, path);
  });
  return names.flatMap((name) => {
    if (isUtf8(name)) {
      return [name.toString('utf8')];
    }
    const shown = join(path, name.toString('utf8'));
    leaveOut(
      new LocalFileError('not_a_file', `${shown} has a name that is not UTF-8.`, {
        hint: 'Rename it: "convmv -f latin1 -t utf8 --notest" does so for many files.',
      }),
    );
    return [];
  });
}

/** Null for an entry of a directory that leads nowhere and is left out. */
async function lookInside(path: string, leaveOut: (error: LocalFileError) => void): Promise<Stats | null> {
  try {
    return await look(path);
  } catch (error) {
    const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false;
    const problem = error instanceof LocalFileError ? error.problem : null;
    if (!isLink || (problem !== 'not_found' && problem !== 'not_a_file')) {
      throw error;
    }
    leaveOut(
      problem === 'not_a_file'
        ? (error as LocalFileError)
        : new LocalFileError('not_found', `${path} is a link to something that is not there.`, {
            cause: error,
            hint: LEAVE_OUT,
          }),
    );
    return null;
  }
}

const LEAVE_OUT = 'Remove the link, or leave it out: `exclude`, or --exclude on the command line.';

function notAFile(path: string, facts: Stats): LocalFileError {
  const kind = facts.isSocket()
    ? 'a socket'
    : facts.isFIFO()
      ? 'a named pipe'
      : facts.isBlockDevice() || facts.isCharacterDevice()
        ? 'a device'
        : 'something else';
  return new LocalFileError('not_a_file', `${path} is ${kind} and not a file.`, {
    hint: 'Leave it out with an exclude pattern (`exclude`, or --exclude of the command line).',
  });
}
