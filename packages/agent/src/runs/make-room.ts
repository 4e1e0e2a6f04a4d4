/**
 * Where the agent itself writes into a work directory that commands and archives have filled before. It reaches
 * what a sandbox hides, so no link may carry its files away.
 */
import { mkdirSync, realpathSync, unlinkSync } from 'node:fs';
import { TreeCursor } from '../files/cursor.ts';
import { entryAt, lookAt, reasonOf } from '../files/door.ts';
import { followPath, type LinkedTree } from '../files/follow-link.ts';
import { type RawName, rawOf, textOf } from '../files/raw-name.ts';
import { isDiskFull, RunFailure } from './failure.ts';
import { LOG_NAME, PID_NAME, type WorkDirectory } from './work-names.ts';

const RESERVED = new Set([LOG_NAME, PID_NAME]);

export interface RoomOptions {
  work: WorkDirectory;
  /** Relative to the work directory; may pass through directories, which are made. */
  name: string;
  /** Called with each directory that is made, open. */
  own: (fd: number) => void;
  /** What the name is, as the beginning of a sentence, and the code of the failure. */
  subject: string;
  code: string;
}

/** The place of a file where nothing is; it stays the same one until it is disposed of. */
export interface Room extends Disposable {
  /** Open until it is disposed of. */
  directory: number;
  name: RawName;
  relativePath: string;
}

/** Makes the directories on the way and removes a file of that name; throws a RunFailure when it leads elsewhere. */
export function makeRoom(options: RoomOptions): Room {
  const { work, name, own, subject, code } = options;
  const refuse = (why: string) =>
    new RunFailure(
      code,
      `${subject} ${JSON.stringify(name)} ${why}.`,
      'Give a path inside the work directory of the run, such as case/0/U.',
    );
  const parts = partsOf(name, refuse);
  const root = realpathSync.native(work.root);
  const cursor = new TreeCursor(root, { access: 0o700 });
  try {
    const real = [rawOf(root), ...work.names].join('/') as RawName;
    const tree: LinkedTree = { cursor, root: work.names, paths: [real, rawOf(work.path)] };
    const names = enterAll(tree, parts.slice(0, -1), own, refuse);
    return clear(cursor, [...names, parts.at(-1)!], refuse);
  } catch (error) {
    cursor[Symbol.dispose]();
    throw error instanceof RunFailure || isDiskFull(error)
      ? error
      : refuse(`cannot be made: ${reasonOf(error)}`);
  }
}

function partsOf(name: string, refuse: (why: string) => RunFailure): RawName[] {
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
  return parts.map(rawOf);
}

/** Enters the directories on the way, made if need be, through links only to others of the same run; answers their names. */
function enterAll(
  tree: LinkedTree,
  parts: readonly RawName[],
  own: (fd: number) => void,
  refuse: (why: string) => RunFailure,
): RawName[] {
  let names: RawName[] = [];
  enterWork(tree, refuse);
  for (const part of parts) {
    tree.cursor.moveTo([...tree.root, ...names]);
    if (lookAt(tree.cursor.fd, part) === undefined) {
      mkdirSync(entryAt(tree.cursor.fd, part));
      tree.cursor.enter(part);
      own(tree.cursor.fd);
      names.push(part);
      continue;
    }
    const followed = followPath(tree, names, part);
    const at = [...names, part].map(textOf).join('/');
    if (followed.kind === 'outside') {
      throw refuse(`leaves the work directory through the link ${at}`);
    }
    if (followed.kind !== 'directory') {
      throw refuse(`passes through ${at}, which is no directory`);
    }
    names = followed.names;
  }
  tree.cursor.moveTo([...tree.root, ...names]);
  return names;
}

function enterWork({ cursor, root }: LinkedTree, refuse: (why: string) => RunFailure): void {
  for (const name of root) {
    if (lookAt(cursor.fd, name)?.isDirectory() === false) {
      throw refuse('cannot be made: something else was put where the work directory was');
    }
    cursor.enter(name);
  }
}

/** Removes what has the last of the names in the directory that the cursor is in. */
function clear(cursor: TreeCursor, names: RawName[], refuse: (why: string) => RunFailure): Room {
  const name = names.at(-1)!;
  const present = lookAt(cursor.fd, name);
  if (present?.isDirectory()) {
    throw refuse('is a directory in the work directory');
  }
  if (present !== undefined) {
    unlinkSync(entryAt(cursor.fd, name));
  }
  return {
    directory: cursor.fd,
    name,
    relativePath: Buffer.from(names.join('/'), 'latin1').toString('utf8'),
    [Symbol.dispose]: () => cursor[Symbol.dispose](),
  };
}
