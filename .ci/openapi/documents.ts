/** Where the documents of both versions lie while they are checked. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildOpenApi } from '@quarry/contract';

export const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Made anew by each check; beside the tools, which are looked for from where they are used. */
export const BUILD = fileURLToPath(new URL('.build/', import.meta.url));

/** Writes the document of v2 or v3; answers its path relative to this directory. */
export async function writeDocument(version: 'v2' | 'v3'): Promise<string> {
  await mkdir(BUILD, { recursive: true });
  await writeFile(`${BUILD}${version}.json`, JSON.stringify(buildOpenApi({ version }), null, 2));
  return `.build/${version}.json`;
}

/** An empty directory below the build. */
export async function emptyDirectory(name: string): Promise<string> {
  const path = `${BUILD}${name}`;
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}
