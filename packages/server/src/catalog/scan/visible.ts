import { basename, dirname, join, normalize } from 'node:path';

/** Directories that are part of every sandbox. */
const standardRoots = ['/usr', '/bin', '/sbin', '/lib', '/lib64'];
/** The PATH that every job has. */
const standardSearchPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** True where every job finds commands of a directory anyway. */
export function isOnStandardPath(directory: string): boolean {
  return standardSearchPath.includes(normalize(directory));
}

/**
 * What the sandbox must show of an installation at `root`: nothing where it shows it anyway, and never a
 * whole home directory, whose other content is nobody's business.
 */
export function visibleInstallation(root: string, home: string | undefined): string[] {
  const path = normalize(root).replace(/(?<=.)\/$/, '');
  if (path === '/' || standardRoots.some((standard) => path === standard || path.startsWith(`${standard}/`)))
    return [];
  if (isPrivate(path, home)) return [join(path, 'bin'), join(path, 'lib')];
  return [path];
}

/** What the sandbox must show so that a command in `directory` starts: its installation where that can be told. */
export function visibleForCommand(directory: string, home: string | undefined): string[] {
  return basename(directory) === 'bin'
    ? visibleInstallation(dirname(directory), home)
    : isPrivate(directory, home)
      ? []
      : visibleInstallation(directory, home);
}

function isPrivate(path: string, home: string | undefined): boolean {
  const homes = ['/root', ...(home === undefined ? [] : [normalize(home)])];
  if (path === '/home' || homes.includes(path) || dirname(path) === '/home') return true;
  return basename(path) === '.local';
}
