import { closeSync, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { TreeCursor } from '@quarry/agent/files/cursor';
import { hasCode, inodeAt, openEntry, statOf } from '@quarry/agent/files/door';
import { followPath, type LinkedTree, partsOf } from '@quarry/agent/files/follow-link';
import { nameOf, type RawName, rawOf, textOf } from '@quarry/agent/files/raw-name';
import type { RunPlace } from '../db/queries/find-runs.ts';
import { clusterDirectoryOf } from '../jobs/runs/run-directory.ts';
import { findHome } from '../jobs/runs/run-home.ts';
import { notFound, refused, tooManyOpenFiles } from '../problems.ts';

/** Where commands work, below the directory of a run. */
const [HOME, WORK] = ['home', 'work'].map(rawOf) as [RawName, RawName];

/** Where a run's commands work, entered without following a link; nothing in it is changed by looking. */
export interface WorkDirectory extends Disposable {
  /** In the work directory. */
  cursor: TreeCursor;
  tree: LinkedTree;
}

/** Only there while the run executes or its directory is kept, else null; also when the command has put something else in its place. */
export async function openWorkDirectory({ directory, executedIn }: RunPlace): Promise<WorkDirectory | null> {
  const home = await findHome(directory, [clusterDirectoryOf(directory), executedIn]);
  if (home === null) {
    return null;
  }
  const { root } = home;
  const names = [...home.names, WORK];
  const cursors: TreeCursor[] = [];
  try {
    cursors.push(new TreeCursor(root, { access: 0 }), new TreeCursor(root, { access: 0 }));
    const [cursor, linked] = cursors as [TreeCursor, TreeCursor];
    cursor.moveTo(names);
    const paths = [[rawOf(root), ...names].join('/'), join(directory, HOME, WORK)] as [RawName, RawName];
    return {
      cursor,
      tree: { cursor: linked, root: names, paths: [paths[0], rawOf(paths[1])] },
      [Symbol.dispose]: () => closeAll(cursors),
    };
  } catch (error) {
    closeAll(cursors);
    refuseWithoutHandles(error);
    return null;
  }
}

function closeAll(cursors: readonly TreeCursor[]): void {
  for (const cursor of cursors) {
    cursor[Symbol.dispose]();
  }
}

/** A file of a run, open for reading. */
export interface FoundFile {
  handle: FileHandle;
  /** Where it is, links followed, as commands know it. */
  path: string;
}

/**
 * Opens a file that a client names relative to the work directory, as outputs are named. Names that leave it, also
 * through links that a command made, are refused like names that do not exist. `shared/x` is `x` where the run has no
 * directory of that name, since clients tail the place that clusters with shared storage use.
 */
export async function openInside(work: WorkDirectory | null, name: string): Promise<FoundFile> {
  if (work === null || leavesDirectory(name)) {
    throw missing(name);
  }
  for (const candidate of [name, name.replace(/^\/*shared\//, '')]) {
    const path = partsOf(candidate.split('/').map(nameOf).join('/') as RawName).join('/') as RawName;
    const found = followPath(work.tree, [], path);
    if (found.kind === 'directory' && path !== '') {
      throw notFile(name);
    }
    if (found.kind !== 'other') {
      continue;
    }
    if (!found.stats.isFile()) {
      throw notFile(name);
    }
    const { cursor, paths } = work.tree;
    const handle = await openAsFound(cursor, found.name);
    if (handle !== null) {
      return { handle, path: [paths.at(-1)!, ...found.directory, found.name].map(textOf).join('/') };
    }
  }
  throw missing(name);
}

/** Whether a name is none that a file in a work directory can have. */
export function leavesDirectory(name: string): boolean {
  return name.includes('\0') || name.split('/').includes('..');
}

/** The file in the current directory; waits for nobody at a pipe that a command has meanwhile put in its place. */
async function openAsFound(cursor: TreeCursor, name: RawName): Promise<FileHandle | null> {
  let entry: number;
  try {
    entry = openEntry(cursor.fd, name);
  } catch (error) {
    refuseWithoutHandles(error);
    return null;
  }
  try {
    if (!statOf(entry).isFile()) {
      return null;
    }
    return await open(inodeAt(entry), constants.O_RDONLY | constants.O_NONBLOCK).catch((error) => {
      refuseWithoutHandles(error);
      return null;
    });
  } finally {
    closeSync(entry);
  }
}

/** A file that cannot be opened for want of descriptors is not one that is not there. */
function refuseWithoutHandles(error: unknown): void {
  if (hasCode(error, 'EMFILE', 'ENFILE')) {
    throw tooManyOpenFiles(error);
  }
}

function notFile(name: string) {
  return refused(`"${name}" is not a file.`, { code: 'not_a_file', hint: 'See directory-contents/.' });
}

export function missing(name: string) {
  return notFound(
    `There is no file "${name}" in the work directory of this run now.`,
    'Names are relative to the work directory, and case-sensitive. What is there: directory-contents/ of the run, or `quarry runs files JOB RUN --live`.',
  );
}
