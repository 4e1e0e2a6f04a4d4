/**
 * The programs that the agent starts outside of any sandbox. Each is found once, on the search path of the agent
 * itself, and started by its absolute path: the search path of a job must never decide what runs outside.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

const STANDARD_DIRECTORIES = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';
const found = new Map<string, string | null>();

/** What another process of ours gets of our environment. */
export function ownEnvironment(): Record<string, string> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return {
    ...(PATH !== undefined && { PATH }),
    ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
  };
}

/** The absolute path of a program; null when this host does not have it. */
export function findProgram(name: string): string | null {
  let path = found.get(name);
  if (path === undefined) {
    path = search(name);
    found.set(name, path);
  }
  return path;
}

function search(name: string): string | null {
  const directories = (process.env.PATH || STANDARD_DIRECTORIES).split(':').filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
