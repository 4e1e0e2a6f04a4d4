import { access } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';

/** Directories that are part of every sandbox. */
const STANDARD_ROOTS = ['/usr', '/bin', '/sbin', '/lib', '/lib64'];
/** The PATH that every job has. */
const STANDARD_SEARCH_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** True where every job finds commands of a directory anyway. */
export function isOnStandardPath(directory: string): boolean {
  return STANDARD_SEARCH_PATH.includes(normalize(directory));
}

/**
 * What the sandbox must show of an installation at `root`: nothing where it shows it anyway, and never a
 * whole home directory, whose other content is nobody's business.
 */
export function visibleInstallation(root: string, home: string | undefined): string[] {
  const path = withoutSlash(root);
  if (STANDARD_ROOTS.some((standard) => isWithin(path, standard)) || holdsHomes(path, home)) {
    return [];
  }
  return isPersonal(path, home) ? [join(path, 'bin'), join(path, 'lib')] : [path];
}

/** What the sandbox must show so that a command in `directory` starts: its installation where that can be told. */
export function visibleForCommand(directory: string, home: string | undefined): string[] {
  const path = withoutSlash(directory);
  if (basename(path) === 'bin' && !holdsHomes(dirname(path), home)) {
    return visibleInstallation(dirname(path), home);
  }
  return isPersonal(path, home) ? [] : visibleInstallation(path, home);
}

/** Those of the paths that are there: a sandbox cannot show what is not. */
export async function existing(paths: Iterable<string>): Promise<string[]> {
  const checked = [...new Set(paths)].map((path) =>
    access(path).then(
      () => [path],
      () => [],
    ),
  );
  return (await Promise.all(checked)).flat();
}

/** A directory that programs share with what else belongs to a person. */
function isPersonal(path: string, home: string | undefined): boolean {
  const isHome =
    path === '/root' || dirname(path) === '/home' || (home !== undefined && path === withoutSlash(home));
  return isHome || basename(path) === '.local';
}

function holdsHomes(path: string, home: string | undefined): boolean {
  return (
    path === '/' || path === '/home' || (home !== undefined && isWithin(dirname(withoutSlash(home)), path))
  );
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

function withoutSlash(path: string): string {
  return normalize(path).replace(/(?<=.)\/$/, '');
}
