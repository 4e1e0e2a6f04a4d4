import type { BigIntStats } from 'node:fs';
import { StepRefused, type TreeCursor } from './cursor.ts';
import { hasCode, lookAt, readLink } from './door.ts';
import type { RawName } from './raw-name.ts';

/** As the kernel has it. */
const MOST_LINKS = 40;
/** Names on the way, those of all links together. */
const MOST_STEPS = 10_000;

/** A tree inside which links are followed. */
export interface LinkedTree {
  cursor: TreeCursor;
  /** The names from the cursor's root to the directory that nothing may leave. */
  root: readonly RawName[];
  /** Absolute paths by which commands know that directory; the first one is its real path. */
  paths: readonly [RawName, ...RawName[]];
}

/** Where a path leads; names are from the directory on that nothing may leave. */
export type Followed =
  | { kind: 'directory'; names: RawName[] }
  | { kind: 'other'; directory: RawName[]; name: RawName; stats: BigIntStats }
  | { kind: 'outside' }
  /** Also in a circle, or through what is no directory. */
  | { kind: 'nothing' };

/**
 * Where a path from a directory inside the tree leads, links followed. Each step is made by the cursor, so what it
 * answers lay inside the tree when it was looked at.
 */
export function followPath(tree: LinkedTree, from: readonly RawName[], path: RawName): Followed {
  const { cursor, root, paths } = tree;
  const rootNames = partsOf(paths[0]);
  const ahead: RawName[] = [];
  let names = [...from];
  /** Levels above the root: it may come back by the very names of the root's path. */
  let above = 0;
  const follow = (target: RawName) => {
    const parts = partsOf(target);
    if (target.startsWith('/')) {
      const known = paths.map(partsOf).find((path) => path.every((part, index) => part === parts[index]));
      parts.splice(0, known?.length ?? 0);
      names = [];
      above = known === undefined ? rootNames.length : 0;
    }
    ahead.push(...parts.reverse());
  };
  follow(path);
  let links = 0;
  for (let steps = 0; ahead.length > 0; steps += 1) {
    const part = ahead.pop()!;
    if (part === '..') {
      above += names.pop() === undefined ? 1 : 0;
    } else if (above > 0) {
      if (part !== rootNames.at(-above)) {
        return { kind: 'outside' };
      }
      above -= 1;
    } else {
      const stats = steps < MOST_STEPS ? lookInside(cursor, [...root, ...names], part) : undefined;
      if (stats === undefined) {
        return { kind: 'nothing' };
      }
      if (stats.isDirectory()) {
        names.push(part);
      } else if (stats.isSymbolicLink() && links < MOST_LINKS) {
        const target = linkInside(cursor, part);
        if (target === undefined) {
          return { kind: 'nothing' };
        }
        links += 1;
        follow(target);
      } else {
        return ahead.length > 0 || stats.isSymbolicLink()
          ? { kind: 'nothing' }
          : { kind: 'other', directory: names, name: part, stats };
      }
    }
  }
  return above > 0 ? { kind: 'outside' } : { kind: 'directory', names };
}

/** The names of a path, without those that mean nothing. */
export function partsOf(path: RawName): RawName[] {
  return path.split('/').filter((part) => part !== '' && part !== '.') as RawName[];
}

/** Undefined where somebody has put something else in its place since it was looked at. */
function linkInside(cursor: TreeCursor, name: RawName): RawName | undefined {
  try {
    return readLink(cursor.fd, name);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) {
      return undefined;
    }
    throw error;
  }
}

function lookInside(
  cursor: TreeCursor,
  directory: readonly RawName[],
  name: RawName,
): BigIntStats | undefined {
  try {
    cursor.moveTo(directory);
    return lookAt(cursor.fd, name);
  } catch (error) {
    if (
      error instanceof StepRefused ||
      hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG')
    ) {
      return undefined;
    }
    throw error;
  }
}
