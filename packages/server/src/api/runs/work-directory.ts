import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { notFound } from '../../errors.ts';

/**
 * Where a run's commands work; only there while the run executes, else null. The directory itself is the command's
 * to replace: a link in its place would lead out of the sandbox, so it counts only at its own path.
 */
export async function findWorkDirectory(clusterDirectory: string, run: number): Promise<string | null> {
  const home = await realpath(join(clusterDirectory, 'runs', String(run), 'home')).catch(() => null);
  return home === null ? null : join(home, 'work');
}

/** A file of a run, open for reading. */
export interface FoundFile {
  handle: FileHandle;
  /** Where it really is. */
  path: string;
}

/**
 * Opens a file that a client names relative to the work directory. Names that leave it, also through links that
 * a command made, are refused like names that do not exist. `shared/x` is `x` where the run has no directory of
 * that name, since clients tail the place that clusters with shared storage use.
 */
export async function openInside(root: string | null, name: string): Promise<FoundFile> {
  if (root === null || name.includes('\0') || name.split('/').includes('..')) throw missing(name);
  for (const candidate of [name, name.replace(/^\/*shared\//, '')]) {
    const path: string | null = await realpath(join(root, candidate)).catch(() => null);
    if (path === null || !path.startsWith(root + sep)) continue;
    const handle = await openAsFound(path);
    if (handle !== null) return { handle, path };
  }
  throw missing(name);
}

/** By its true path. Waits for nobody at a pipe, and opens nothing that a command has meanwhile put in the place of what was found. */
export async function openAsFound(path: string): Promise<FileHandle | null> {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const handle = await open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW).catch(() => null);
  if (handle === null) return null;
  const opened = await realpath(`/proc/self/fd/${handle.fd}`).catch(() => path);
  if (opened === path) return handle;
  await handle.close();
  return null;
}

function missing(name: string) {
  return notFound(`There is no file "${name}" in the work directory of this run now.`);
}
