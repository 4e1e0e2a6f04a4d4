import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGES } from './emit.ts';

export interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  [field: string]: unknown;
}

/** What begins with this is ours, and in no registry. */
const OURS = '@quarry/';

/** What a package of the repository says of itself, and depends on without our own. */
export async function readManifest(name: string): Promise<Manifest> {
  const { devDependencies, ...manifest } = JSON.parse(
    await readFile(join(PACKAGES, name, 'package.json'), 'utf8'),
  ) as Manifest;
  return { ...manifest, dependencies: foreign(manifest.dependencies ?? {}) };
}

/** Private: nothing of this project is in a registry, and nothing is put there by mistake. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const text = JSON.stringify({ ...manifest, private: true }, null, 2);
  await writeFile(join(directory, 'package.json'), `${text}\n`);
}

function foreign(dependencies: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => !name.startsWith(OURS)));
}
