/** What the system says about files of this machine, in words: for those that are written, and for those that are read. */
import { dirname } from 'node:path';
import { LocalFileError, type LocalFileProblem } from '../errors.ts';

const PROBLEMS: Readonly<Record<string, LocalFileProblem>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EROFS: 'read_only',
  ENAMETOOLONG: 'name_too_long',
  EISDIR: 'is_directory',
  ENOTDIR: 'not_directory',
  ENOENT: 'not_found',
};

const WORDS_OF_WRITING: Record<LocalFileProblem, { why: string; hint: string }> = {
  disk_full: {
    why: 'the disk is full, or your quota is used up',
    hint: 'Free some space and start it again: it goes on where it stopped.',
  },
  permission_denied: {
    why: 'you may not write there',
    hint: 'Choose another directory, or have its permissions changed.',
  },
  read_only: { why: 'its file system is read-only', hint: 'Choose a directory on another file system.' },
  name_too_long: {
    why: 'its name is longer than the file system allows',
    hint: 'Choose a shorter name.',
  },
  is_directory: { why: 'it is a directory', hint: 'Choose another name, or move the directory away.' },
  not_directory: { why: 'a file stands where its directory must be', hint: 'Choose another directory.' },
  leads_outside: { why: 'a link leads out of its directory', hint: 'Remove the link.' },
  not_a_file: { why: 'it is no file that can be written to', hint: 'Choose another name.' },
  not_found: { why: 'its directory is gone', hint: 'Make the directory and start it again.' },
  busy: { why: 'another transfer has it', hint: 'Wait until that one has ended.' },
  failed: { why: 'the system refuses', hint: 'Look at the disk, or choose another directory.' },
};

interface Words {
  /** Where it is another one than for whom writes. */
  problem?: LocalFileProblem;
  says: (path: string) => string;
  hint: string;
}

const CHECK_PATH = 'Check the path; it is relative to the current directory.';

/** By the code of the system; what only writing meets is not among them. */
const WORDS_OF_READING: Readonly<Record<string, Words>> = {
  ENOENT: { says: (path) => `There is no file ${path}.`, hint: CHECK_PATH },
  ENOTDIR: {
    problem: 'not_found',
    says: (path) => `There is no file ${path}: a part of that path is not a directory.`,
    hint: CHECK_PATH,
  },
  EISDIR: { says: (path) => `${path} is a directory.`, hint: 'Name a file.' },
  EACCES: {
    says: (path) => `${path} cannot be opened: permission denied.`,
    hint: 'Check its permissions and those of the directories above it.',
  },
  EPERM: {
    says: (path) => `${path} cannot be opened: the system does not permit it.`,
    hint: 'Check its permissions and attributes.',
  },
  ENAMETOOLONG: {
    says: (path) => `${path} is longer than the file system allows.`,
    hint: 'Choose a shorter name.',
  },
  ELOOP: {
    problem: 'not_a_file',
    says: (path) => `${path} leads in a circle of symbolic links.`,
    hint: 'Remove one of the links.',
  },
};

/** What the system threw about the file at `path` that is to be read, in words; everything else stays as it is. */
export function readingError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === null || error instanceof LocalFileError) {
    return error;
  }
  const words = WORDS_OF_READING[code];
  if (words === undefined) {
    const problem = PROBLEMS[code] ?? 'failed';
    return new LocalFileError(problem, `${path} failed: ${(error as Error).message}.`, { cause: error });
  }
  const problem = words.problem ?? PROBLEMS[code] ?? 'failed';
  return new LocalFileError(problem, words.says(path), { cause: error, hint: words.hint });
}

/** What the system threw about the file that becomes `path`, in words; everything else stays as it is. */
export function localError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === null || error instanceof LocalFileError) {
    return error;
  }
  const problem = PROBLEMS[code] ?? 'failed';
  const { why, hint } = WORDS_OF_WRITING[problem];
  const detail = problem === 'failed' ? ` (${(error as Error).message})` : '';
  return new LocalFileError(problem, `${path} cannot be written: ${why}${detail}.`, { cause: error, hint });
}

/** Awaits what the file system does for `path`, and says in words when it fails. */
export async function locally<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw localError(error, path);
  }
}

/** The refusal of a download for which there is no room, made before anything is fetched. */
export function noRoom(path: string, neededBytes: number, freeBytes: number): LocalFileError {
  return new LocalFileError(
    'disk_full',
    `${path} needs ${neededBytes} bytes in ${dirname(path)}, where ${freeBytes} bytes are free.`,
    { hint: 'Free some space, or download to another disk.' },
  );
}

/** The code of an error of the system, such as `ENOSPC`; null for any other error. */
function codeOf(error: unknown): string | null {
  const isOfSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  return isOfSystem ? String(error.code) : null;
}
