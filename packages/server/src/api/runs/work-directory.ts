import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { notFound } from '../../errors.ts';

/** Where a run's commands work; only there while the run executes. */
export function workDirectory(clusterDirectory: string, run: number): string {
  return join(clusterDirectory, 'runs', String(run), 'home', 'work');
}

/**
 * The real path of a file that a client names relative to the work directory. Names that leave it, also
 * through links that a command made, are refused like names that do not exist. `shared/x` is `x` where the
 * run has no directory of that name, since clients tail the place that clusters with shared storage use.
 */
export async function resolveInside(work: string, name: string): Promise<string> {
  if (name.includes('\0') || name.split('/').includes('..')) throw missing(name);
  const root = await realpath(work).catch(() => null);
  if (root === null) throw missing(name);
  for (const candidate of [name, name.replace(/^\/*shared\//, '')]) {
    const path: string | null = await realpath(join(root, candidate)).catch(() => null);
    if (path !== null && (path === root || path.startsWith(root + sep))) return path;
  }
  throw missing(name);
}

function missing(name: string) {
  return notFound(`There is no file "${name}" in the work directory of this run now.`);
}
