import { access, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SoftwareRoot } from './known-software.ts';
import { existing, visibleInstallation } from './visible.ts';

/** What the commands of a software need besides being found. */
export interface Needed {
  readonly environment: Readonly<Record<string, string>>;
  readonly visiblePaths: readonly string[];
}

export const NOTHING_NEEDED: Needed = { environment: {}, visiblePaths: [] };

/** The variable that says where software lies, and what the sandbox shows of that; nothing where it is not found. */
export async function findRoot(
  { variable, marker, places }: SoftwareRoot,
  command: string,
  home: string | undefined,
): Promise<Needed> {
  for (const directory of [...above(await realpath(command)), ...places]) {
    const isRoot = await access(join(directory, marker)).then(
      () => true,
      () => false,
    );
    if (isRoot) {
      return {
        environment: { [variable]: directory },
        visiblePaths: await existing(visibleInstallation(directory, home)),
      };
    }
  }
  return NOTHING_NEEDED;
}

/** The directories above a file, but those that hold everything else as well. */
function above(path: string): string[] {
  const directories: string[] = [];
  for (let directory = dirname(path); dirname(directory) !== directory; directory = dirname(directory)) {
    directories.push(directory);
  }
  return directories;
}
