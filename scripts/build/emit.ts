/** The sources of packages as JavaScript that any Node reads, in the same places relative to each other. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');
export const PACKAGES = join(ROOT, 'packages');

/** The oldest Node that packages are for reads it: `using` and what is younger become older words. */
const TARGET = ts.ScriptTarget.ES2022;

interface Emission {
  /** Names of packages whose `src` goes in. */
  packages: readonly string[];
  /** The directory that becomes what `packages/` is here. */
  into: string;
  /** Whether declarations are written. */
  declarations: boolean;
  /** Paths below `packages/` that go in as well. */
  others?: readonly string[];
}

/** Writes what is needed of the packages and nothing of their tests. Types were checked before. */
export async function emitPackages({ packages, into, declarations, others }: Emission): Promise<void> {
  const sources = packages.map((name) => join(PACKAGES, name, 'src'));
  const files = (await Promise.all(sources.map(filesBelow))).flat();
  const code = files.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
  const program = ts.createProgram(code, {
    target: TARGET,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    rootDir: PACKAGES,
    outDir: into,
    declaration: declarations,
    noCheck: true,
    strict: true,
    types: ['node'],
    lib: [
      'lib.es2024.d.ts',
      'lib.esnext.d.ts',
      'lib.dom.d.ts',
      'lib.dom.iterable.d.ts',
      'lib.dom.asynciterable.d.ts',
    ],
    skipLibCheck: true,
    verbatimModuleSyntax: true,
    resolveJsonModule: true,
    rewriteRelativeImportExtensions: true,
  });
  const { diagnostics } = program.emit();
  if (diagnostics.length > 0) {
    throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost({})));
  }
  for (const path of [
    ...files.filter((path) => !path.endsWith('.ts')),
    ...(others ?? []).map((path) => join(PACKAGES, path)),
  ]) {
    await copyInto(path, into);
  }
  const exportsOf = await readExports(await readdir(PACKAGES));
  for (const path of await filesBelow(into)) {
    if (/\.(js|d\.ts)$/.test(path)) {
      const text = await readFile(path, 'utf8');
      await writeFile(path, pointAtFiles(text, path, into, exportsOf));
    }
  }
}

/** Copies a file or a directory of the packages to the same place below `into`. */
async function copyInto(path: string, into: string): Promise<void> {
  const target = join(into, relative(PACKAGES, path));
  await mkdir(dirname(target), { recursive: true });
  await cp(path, target, { recursive: true });
}

export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What each name that our packages export stands for, as a path below `packages/`; `*` in both stands for the same. */
export type Exports = ReadonlyMap<string, string>;

async function readExports(names: readonly string[]): Promise<Exports> {
  const all = new Map<string, string>();
  for (const name of names) {
    const manifest = JSON.parse(await readFile(join(PACKAGES, name, 'package.json'), 'utf8')) as {
      name: string;
      exports: Record<string, string>;
    };
    for (const [subpath, file] of Object.entries(manifest.exports)) {
      all.set(manifest.name + subpath.slice(1), join(name, file));
    }
  }
  return all;
}

/** Where code names something: behind `from`, `import` or `resolve(`. Comments and texts for people are left alone. */
const NAMED =
  /(\bfrom\s+|\bimport\s+|\bimport\(\s*|\bimport\.meta\.resolve\(\s*)(["'`])(@quarry\/[^"'`]*)\2/g;
/** Files beside, by their address: in code that is executed, in what is no TypeScript, and in declarations. */
const BESIDE = /(\b(?:from\s+|import\s+|import\(\s*|new URL\(\s*)["'`]\.\.?\/[^"'`]*)\.ts(["'`])/g;

/**
 * Code that names our packages as files, which nobody has to find in a registry, and files beside it by what they have
 * become. `path` is where the code lies below `into`, which is what `packages/` was.
 */
export function pointAtFiles(text: string, path: string, into: string, exportsOf: Exports): string {
  return text
    .replace(NAMED, (_all, before: string, quote: string, name: string) => {
      const file = join(into, asEmitted(findExport(name, exportsOf)));
      const found = relative(dirname(path), file).split(sep).join('/');
      return `${before}${quote}${found.startsWith('.') ? found : `./${found}`}${quote}`;
    })
    .replace(BESIDE, '$1.js$2');
}

function findExport(name: string, exportsOf: Exports): string {
  for (const [pattern, file] of exportsOf) {
    const [before, after] = pattern.split('*') as [string, string?];
    if (name === pattern) {
      return file;
    }
    if (after !== undefined && name.startsWith(before) && name.endsWith(after)) {
      return file.replace('*', name.slice(before.length));
    }
  }
  throw new Error(`No package of ours exports ${name}.`);
}

function asEmitted(file: string): string {
  return file.replace(/\.ts$/, '.js');
}
