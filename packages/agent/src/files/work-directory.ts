/** Files that somebody outside names in the work directory of a run whose commands may be changing it. */
import type { BigIntStats } from 'node:fs';
import { closeSync, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TreeCursor } from './cursor.ts';
import { hasCode, inodeAt, openEntry, statOf } from './door.ts';
import { followPath, type LinkedTree, partsOf } from './follow-link.ts';
import { nameOf, type RawName, rawOf, textOf } from './raw-name.ts';
import { findHome } from './run-home.ts';

/** Where commands work, below the directory of a run. */
const [HOME, WORK] = ['home', 'work'].map(rawOf) as [RawName, RawName];

/** Where a run's commands work, entered without following a link; nothing in it is changed by looking. */
export interface OpenWorkDirectory extends Disposable {
  /** In the work directory. */
  cursor: TreeCursor;
  tree: LinkedTree;
}

/**
 * Only there while the run executes or its directory is kept, else null; also when the command has put something else in its
 * place. `executedIn` is the directory of the cluster that executes the run. Throws as the system does for want of
 * descriptors.
 */
export async function openWorkDirectory(
  directory: string,
  executedIn: string | null,
): Promise<OpenWorkDirectory | null> {
  const home = await findHome(directory, [dirname(dirname(directory)), executedIn]);
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
    if (isForWantOfHandles(error)) {
      throw error;
    }
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
 * Opens a file that is named relative to the work directory, as outputs are named. Names that leave it, also through links
 * that a command made, are not there. `shared/x` is `x` where the run has no directory of that name, since clients tail the
 * place that clusters with shared storage use. Throws as the system does for want of descriptors.
 */
export async function openInside(
  work: OpenWorkDirectory | null,
  name: string,
): Promise<FoundFile | 'missing' | 'not_a_file'> {
  if (work === null || leavesDirectory(name)) {
    return 'missing';
  }
  for (const candidate of [name, name.replace(/^\/*shared\//, '')]) {
    const path = partsOf(candidate.split('/').map(nameOf).join('/') as RawName).join('/') as RawName;
    const found = followPath(work.tree, [], path);
    if (found.kind === 'directory' && path !== '') {
      return 'not_a_file';
    }
    if (found.kind !== 'other') {
      continue;
    }
    if (!found.stats.isFile()) {
      return 'not_a_file';
    }
    const { cursor, paths } = work.tree;
    const handle = await openAsFound(cursor, found.name);
    if (handle !== null) {
      return { handle, path: [paths.at(-1)!, ...found.directory, found.name].map(textOf).join('/') };
    }
  }
  return 'missing';
}

/** Whether a name is none that a file in a work directory can have. */
export function leavesDirectory(name: string): boolean {
  return name.includes('\0') || name.split('/').includes('..');
}

/** A file that cannot be opened for want of descriptors is not one that is not there. */
export function isForWantOfHandles(error: unknown): boolean {
  return hasCode(error, 'EMFILE', 'ENFILE');
}

/** What tells how far a file that is written to has come. */
export interface FileLook {
  sizeBytes: number;
  /** Another one when the content may have changed; compared only. */
  stamp: string;
  /** Another one when it is another file; compared only. */
  identity: string;
}

export async function lookAtHandle(handle: FileHandle): Promise<FileLook> {
  return toLook(await handle.stat({ bigint: true }));
}

function toLook({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileLook {
  return { sizeBytes: Number(size), stamp: `${mtimeNs}:${ctimeNs}`, identity: `${dev}:${ino}` };
}

/** Fills `into` from `position` on; answers the number of bytes, fewer only where the file ends. */
export async function readInto(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0) {
      break;
    }
    filled += bytesRead;
  }
  return filled;
}

/** The file in the current directory; waits for nobody at a pipe that a command has meanwhile put in its place. */
async function openAsFound(cursor: TreeCursor, name: RawName): Promise<FileHandle | null> {
  let entry: number;
  try {
    entry = openEntry(cursor.fd, name);
  } catch (error) {
    return nothing(error);
  }
  try {
    if (!statOf(entry).isFile()) {
      return null;
    }
    return await open(inodeAt(entry), constants.O_RDONLY | constants.O_NONBLOCK).catch(nothing);
  } finally {
    closeSync(entry);
  }
}

function nothing(error: unknown): null {
  if (isForWantOfHandles(error)) {
    throw error;
  }
  return null;
}
