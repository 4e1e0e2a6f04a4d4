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
/** All that is loaded for a PDF, with the worker that reads it (decisions/046). */
const MAX_PDF_BYTES = 550 * KB;
const PDF_VIEW = 'src/viewers/pdf/pdf-view.tsx';

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  css?: string[];
  /** Files that the chunk names without importing them, such as a worker. */
  assets?: string[];
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

function pdfFiles(): string[] {
  return [...pdf].flatMap((name) => [manifest[name]!.file, ...(manifest[name]!.assets ?? [])]);
}

const chunks = Object.entries(manifest);
const entry = chunks.find(([, { isEntry }]) => isEntry)?.[0];
if (entry === undefined) {
  throw new Error('The build has no entry: run `npm run build -w @quarry/portal` first.');
}
const main = withImports(entry);
const pdf = new Set([...withImports(PDF_VIEW)].filter((name) => !main.has(name)));
const styles = new Set(chunks.flatMap(([, { css = [] }]) => css));
const rows = [
  { name: 'main', bytes: total([...main].map((name) => manifest[name]!.file)), limit: MAX_MAIN_BYTES },
  { name: 'style sheets', bytes: total(styles), limit: MAX_STYLES_BYTES },
  { name: 'PDF, with its worker', bytes: total(pdfFiles()), limit: MAX_PDF_BYTES },
  ...chunks
    .filter(([name, { file }]) => !main.has(name) && !pdf.has(name) && file.endsWith('.js'))
    .map(([, { file }]) => ({ name: file, bytes: sizeOf(file), limit: MAX_CHUNK_BYTES })),
];
for (const { name, bytes, limit } of rows) {
  const verdict = bytes > limit ? 'TOO LARGE' : 'ok';
  console.log(`${(bytes / KB).toFixed(1).padStart(7)} kB of ${limit / KB} kB  ${verdict.padEnd(9)}  ${name}`);
}
process.exitCode = rows.some(({ bytes, limit }) => bytes > limit) ? 1 : 0;
