import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { findRoot } from './find-root.ts';
import type { SoftwareRoot } from './known-software.ts';
import { existing, isOnStandardPath, visibleForCommand, visibleInstallation } from './visible.ts';

export interface FoundCommand {
  readonly command: string;
  /** Where the PATH names it. */
  readonly path: string;
  /** Changes when the program is replaced: path, size and time of change. */
  readonly fingerprint: string;
}

/** Finds the wanted commands as a shell would: the first executable file of the name on the PATH. */
export async function findCommands(
  searchPath: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, FoundCommand>> {
  const found = new Map<string, FoundCommand>();
  // One listing a directory: asking for each name would cost hundreds of look-ups on a network file system.
  for (const directory of new Set(searchPath.split(delimiter).filter(isAbsolute))) {
    const names = await readdir(directory).catch(() => []);
    for (const command of names) {
      if (!wanted.has(command) || found.has(command)) {
        continue;
      }
      const path = join(directory, command);
      const fingerprint = await fingerprintOf(path);
      if (fingerprint !== null) {
        found.set(command, { command, path, fingerprint });
      }
    }
  }
  return found;
}

async function fingerprintOf(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    const real = await realpath(path);
    const stats = await stat(real);
    return stats.isFile() ? `${real} ${stats.size} ${stats.mtimeMs}` : null;
  } catch {
    return null;
  }
}

/** How jobs get at a command, and what it has to be told. */
export interface Reach {
  readonly searchPath: string[];
  readonly visiblePaths: string[];
  readonly environment: Record<string, string>;
}

/** Nothing to say where the standard PATH and every sandbox have it, and it need not be told where it lies. */
export async function howToReach(
  path: string,
  { home, root }: { home: string | undefined; root: SoftwareRoot | undefined },
): Promise<Reach> {
  const directory = dirname(path);
  const realDirectory = dirname(await realpath(path));
  const visiblePaths = [directory, realDirectory].flatMap((each) =>
    each === directory && isOnStandardPath(each) ? [] : visibleForCommand(each, home),
  );
  const rootDirectory = root ? await findRoot(root, path) : null;
  if (rootDirectory !== null) {
    visiblePaths.push(...visibleInstallation(rootDirectory, home));
  }
  return {
    searchPath: isOnStandardPath(directory) ? [] : [directory],
    visiblePaths: await existing(visiblePaths),
    environment: root && rootDirectory !== null ? { [root.variable]: rootDirectory } : {},
  };
}
