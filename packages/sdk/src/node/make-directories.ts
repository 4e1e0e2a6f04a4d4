import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LocalFileError, type LocalFileProblem } from '../errors.ts';

/** Codes of a disk that is full: whoever asked says how much was needed. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Makes a directory and those above it. One step at a time, since Node's own `recursive` never ends where a file
 * system refuses new names with `ENOENT`, as `/proc` does. `LocalFileError` that names the step that failed.
 */
export async function makeDirectories(path: string, mode?: number): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await isDirectory(at)); at = dirname(at)) {
    missing.unshift(at);
  }
  for (const directory of missing) {
    try {
      await mkdir(directory, { mode });
    } catch (error) {
      const code = codeOf(error);
      // Another download may have made it in between.
      if (code === 'EEXIST' && (await isDirectory(directory))) {
        continue;
      }
      if (FULL.has(code)) {
        throw error;
      }
      throw new LocalFileError(
        problemOf(code),
        `The directory ${directory} cannot be made: ${reasonOf(code)}.`,
        {
          cause: error,
          hint: 'Choose another directory.',
        },
      );
    }
  }
}

/** False when there is nothing yet; refuses what is there and no directory. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) {
      return true;
    }
  } catch (cause) {
    const code = codeOf(cause);
    // A file above is found as this goes up; the root is always there.
    if ((code === 'ENOENT' || code === 'ENOTDIR') && dirname(path) !== path) {
      return false;
    }
    throw new LocalFileError(problemOf(code), `${path} cannot be looked into: ${reasonOf(code)}.`, {
      cause,
      hint: 'Choose another directory.',
    });
  }
  throw new LocalFileError('not_directory', `${path} is a file, not a directory.`, {
    hint: 'Choose another directory.',
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function problemOf(code: string): LocalFileProblem {
  if (code === 'ENOENT') {
    return 'not_found';
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return 'permission_denied';
  }
  if (code === 'EROFS') {
    return 'read_only';
  }
  if (code === 'ENAMETOOLONG') {
    return 'name_too_long';
  }
  return 'failed';
}

function reasonOf(code: string): string {
  if (code === 'ENOENT') {
    return 'its file system takes no new directories there';
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return 'you may not write there';
  }
  if (code === 'EROFS') {
    return 'its file system is read-only';
  }
  if (code === 'ENAMETOOLONG') {
    return 'its name is too long';
  }
  return code;
}
