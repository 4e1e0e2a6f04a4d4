/** Says how large the portal is as browsers get it, and fails where a budget is exceeded. After `vite build`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, '../dist');
const KB = 1000;
/** Before any viewer: what the shell names, and what those modules import without being asked. */
const MAX_MAIN_BYTES = 300 * KB;
const MAX_STYLES_BYTES = 40 * KB;
/** Each part that is loaded on demand. */
const MAX_CHUNK_BYTES = 240 * KB;

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  css?: string[];
}

const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;

function sizeOf(file: string): number {
  return gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;
}

function total(files: Iterable<string>): number {
  return [...files].reduce((sum, file) => sum + sizeOf(file), 0);
}

/** Names of a chunk and of all that is loaded with it. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (!found.has(name)) {
    found.add(name);
    for (const imported of manifest[name]?.imports ?? []) {
      withImports(imported, found);
    }
  }
  return found;
}

const chunks = Object.entries(manifest);
const entry = chunks.find(([, { isEntry }]) => isEntry)?.[0];
if (entry === undefined) {
  throw new Error('The build has no entry: run `npm run build -w @quarry/portal` first.');
}
const main = withImports(entry);
const styles = new Set(chunks.flatMap(([, { css = [] }]) => css));
const rows = [
  { name: 'main', bytes: total([...main].map((name) => manifest[name]!.file)), limit: MAX_MAIN_BYTES },
  { name: 'style sheets', bytes: total(styles), limit: MAX_STYLES_BYTES },
  ...chunks
    .filter(([name, { file }]) => !main.has(name) && file.endsWith('.js'))
    .map(([, { file }]) => ({ name: file, bytes: sizeOf(file), limit: MAX_CHUNK_BYTES })),
];
for (const { name, bytes, limit } of rows) {
  const verdict = bytes > limit ? 'TOO LARGE' : 'ok';
  console.log(`${(bytes / KB).toFixed(1).padStart(7)} kB of ${limit / KB} kB  ${verdict.padEnd(9)}  ${name}`);
}
process.exitCode = rows.some(({ bytes, limit }) => bytes > limit) ? 1 : 0;
