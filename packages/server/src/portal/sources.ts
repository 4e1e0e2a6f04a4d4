/** Where the portal lies, and whether what was built of it is older than what it is built from. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package of the portal. */
export const PORTAL_DIRECTORY = dirname(
  dirname(fileURLToPath(import.meta.resolve('@quarry/portal/public/icon.svg'))),
);

/** Where the builds of a package come. */
export function builtIn(directory: string): string {
  return join(directory, 'dist');
}

/** What a build is made of, from the package on; the SDK is part of it. */
const SOURCES = [
  'build',
  'index.html',
  'package.json',
  'public',
  'src',
  'vite.config.ts',
  '../sdk/src',
  '../../package-lock.json',
];

/** Whether the sources are here: in a clone of the repository they are, in a package only what was built of them. */
export function hasSources(directory: string): boolean {
  return existsSync(join(directory, 'vite.config.ts'));
}

/** The program of Vite; null where what development needs is not installed. */
export function findVite(directory: string): string | null {
  try {
    const require = createRequire(join(directory, 'package.json'));
    return join(dirname(require.resolve('vite/package.json')), 'bin', 'vite.js');
  } catch {
    return null;
  }
}

/** Whether there is no build, or a source has changed since; a file that was removed changes its directory. */
export async function isStale(directory: string): Promise<boolean> {
  const built = await stat(join(builtIn(directory), 'index.html')).catch(() => null);
  if (built === null) {
    return true;
  }
  for (const source of SOURCES) {
    if ((await latestChange(join(directory, source))) > built.mtimeMs) {
      return true;
    }
  }
  return false;
}

/** When something at a path or below it changed last, in milliseconds since the epoch; 0 when nothing is there. */
async function latestChange(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isDirectory()) {
    return found?.mtimeMs ?? 0;
  }
  const below = await readdir(path);
  const changes = await Promise.all(below.map((name) => latestChange(join(path, name))));
  return Math.max(found.mtimeMs, ...changes);
}
