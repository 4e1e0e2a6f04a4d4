import { LocalFileError, type LocalFileProblem } from '../errors.ts';

interface Words {
  problem: LocalFileProblem;
  says: (path: string) => string;
  hint: string;
}

const WORDS: Record<string, Words> = {
  ENOENT: {
    problem: 'not_found',
    says: (path) => `There is no file ${path}.`,
    hint: 'Check the path; it is relative to the current directory.',
  },
  ENOTDIR: {
    problem: 'not_found',
    says: (path) => `There is no file ${path}: a part of that path is not a directory.`,
    hint: 'Check the path; it is relative to the current directory.',
  },
  EISDIR: {
    problem: 'is_directory',
    says: (path) => `${path} is a directory.`,
    hint: 'Name a file.',
  },
  EACCES: {
    problem: 'permission_denied',
    says: (path) => `${path} cannot be opened: permission denied.`,
    hint: 'Check its permissions and those of the directories above it.',
  },
  EPERM: {
    problem: 'permission_denied',
    says: (path) => `${path} cannot be opened: the system does not permit it.`,
    hint: 'Check its permissions and attributes.',
  },
  EROFS: {
    problem: 'read_only',
    says: (path) => `${path} cannot be written: the file system is read-only.`,
    hint: 'Choose a place that can be written to.',
  },
  ENAMETOOLONG: {
    problem: 'name_too_long',
    says: (path) => `${path} is longer than the file system allows.`,
    hint: 'Choose a shorter name.',
  },
  ELOOP: {
    problem: 'not_a_file',
    says: (path) => `${path} leads in a circle of symbolic links.`,
    hint: 'Remove one of the links.',
  },
  ENOSPC: {
    problem: 'disk_full',
    says: (path) => `There is no space left for ${path}.`,
    hint: 'Free some space, or choose another disk.',
  },
  EDQUOT: {
    problem: 'disk_full',
    says: (path) => `Your quota leaves no space for ${path}.`,
    hint: 'Free some space, or choose another disk.',
  },
};

/** What the system said about a path of this machine, in words; errors of ours and aborts stay as they are. */
export function localFileError(cause: unknown, path: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || !('syscall' in cause)) return cause;
  const words = WORDS[String(cause.code)];
  if (words === undefined) {
    return new LocalFileError('failed', `${path} failed: ${cause.message}.`, { cause });
  }
  return new LocalFileError(words.problem, words.says(path), { cause, hint: words.hint });
}
