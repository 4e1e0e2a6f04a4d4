/**
 * Where the agent itself writes into a work directory that commands and archives have filled before. It reaches
 * what a sandbox hides, so no link may carry its files away.
 */
import { lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDiskFull, RunFailure } from './failure.ts';

/** Names in the work directory that belong to the agent. */
const RESERVED = new Set(['process_output.log', '.rescalepid']);

export interface RoomOptions {
  workDirectory: string;
  /** Relative to the work directory; may pass through directories, which are made. */
  name: string;
  /** Called with each directory that is made. */
  own: (path: string) => void;
  /** What the name is, as the beginning of a sentence, and the code of the failure. */
  subject: string;
  code: string;
}

export interface Room {
  /** Nothing is there, and all directories on the way are real. */
  path: string;
  relativePath: string;
}

/** Makes the directories on the way and removes a file of that name; throws a RunFailure when it leads elsewhere. */
export function makeRoom(options: RoomOptions): Room {
  const { workDirectory, name, own, subject, code } = options;
  const refuse = (why: string) =>
    new RunFailure(
      code,
      `${subject} ${JSON.stringify(name)} ${why}.`,
      'Give a path inside the work directory of the run, such as case/0/U.',
    );
  const parts = partsOf(name, refuse);
  try {
    if (!lstatSync(workDirectory).isDirectory()) {
      throw refuse('cannot be made: a link was put where the work directory was');
    }
    const root = realpathSync(workDirectory);
    const directory = parts
      .slice(0, -1)
      .reduce((above, part) => enter(root, join(above, part), own, refuse), root);
    const path = join(directory, parts.at(-1)!);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw refuse('is a directory in the work directory');
    }
    rmSync(path, { force: true });
    return { path, relativePath: relative(root, path) };
  } catch (error) {
    throw error instanceof RunFailure || isDiskFull(error)
      ? error
      : refuse(`cannot be made: ${(error as Error).message}`);
  }
}

function partsOf(name: string, refuse: (why: string) => RunFailure): string[] {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.includes('\0')) {
    throw refuse('has a NUL in it');
  }
  if (name.startsWith('/')) {
    throw refuse('is an absolute path');
  }
  if (parts.includes('..')) {
    throw refuse('leads upwards with ..');
  }
  if (parts.length === 0 || name.endsWith('/') || name.endsWith('/.')) {
    throw refuse('names no file');
  }
  if (parts.length === 1 && RESERVED.has(parts[0]!)) {
    throw refuse('has a name that belongs to the platform');
  }
  return parts;
}

/** The directory itself, made if need be; through a link only to another directory of the same run. */
function enter(
  root: string,
  directory: string,
  own: (path: string) => void,
  refuse: (why: string) => RunFailure,
): string {
  const present = lstatSync(directory, { throwIfNoEntry: false });
  if (present === undefined) {
    mkdirSync(directory);
    own(directory);
    return directory;
  }
  const real = realpathSync(directory);
  if (real !== root && !real.startsWith(`${root}/`)) {
    throw refuse(`leaves the work directory through the link ${relative(root, directory)}`);
  }
  if (!lstatSync(real).isDirectory()) {
    throw refuse(`passes through ${relative(root, directory)}, which is no directory`);
  }
  return real;
}
