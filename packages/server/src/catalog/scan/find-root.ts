import { access, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SoftwareRoot } from './known-software.ts';

/** The directory that a software lies in, by its marker; null where there is none. */
export async function findRoot({ marker, places }: SoftwareRoot, command: string): Promise<string | null> {
  for (const directory of [...above(await realpath(command)), ...places]) {
    const isRoot = await access(join(directory, marker)).then(
      () => true,
      () => false,
    );
    if (isRoot) {
      return directory;
    }
  }
  return null;
}

/** The directories above a file, but the one that holds everything. */
function above(path: string): string[] {
  const directories: string[] = [];
  for (let directory = dirname(path); dirname(directory) !== directory; directory = dirname(directory)) {
    directories.push(directory);
  }
  return directories;
}
