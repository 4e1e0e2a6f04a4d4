import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { CatalogError, type CatalogProblem } from '../catalog-error.ts';
import { MAX_CATALOG_FILE_BYTES, MAX_CATALOG_FILES } from '../limits.ts';
import { type CheckedFile, checkFile } from './check.ts';
import { crossCheck } from './cross-check.ts';
import type { ParseResult } from './located.ts';
import {
  type AliasesTable,
  type AnalysisTable,
  aliasesTable,
  type CoreTypeTable,
  type PriceTable,
  type SettingsTable,
  settingsTable,
} from './schema.ts';

/** What the files of a site say together, checked; empty lists where they are silent. */
export interface Site {
  readonly settings: SettingsTable;
  readonly aliases: AliasesTable;
  readonly coreTypes: readonly CoreTypeTable[];
  readonly analyses: readonly AnalysisTable[];
  readonly prices: readonly PriceTable[];
}

type Parse = (text: string) => ParseResult;

const yaml = async () => (await import('./parse-yaml.ts')).parseYaml;
/** Loaded when a site has such files: most have none, or of one kind. */
const parsers: Readonly<Record<string, () => Promise<Parse>>> = {
  '.toml': async () => (await import('./parse-toml.ts')).parseToml,
  '.yaml': yaml,
  '.yml': yaml,
};

/**
 * Reads every `*.toml`, `*.yaml` and `*.yml` of a directory, in the order of their names; a directory
 * that does not exist says nothing. Throws a CatalogError with all mistakes of all files.
 */
export async function readSite(directory: string, builtInCoreTypes: readonly string[]): Promise<Site> {
  const names = await listCatalogFiles(directory);
  const label = (name: string) => `${basename(directory)}/${name}`;
  if (names.length > MAX_CATALOG_FILES) {
    const message = `there are ${names.length} files here, at most ${MAX_CATALOG_FILES} are read; put tables together`;
    throw new CatalogError([{ file: basename(directory), line: 1, field: '', message }]);
  }
  const problems: CatalogProblem[] = [];
  const files: CheckedFile[] = [];
  let read = 0;
  for (const name of names) {
    const parsed = await parseFile(directory, name);
    if (parsed === null) {
      continue;
    }
    read += 1;
    if ('document' in parsed) {
      files.push(checkFile(label(name), parsed.document));
    } else {
      problems.push(...parsed.problems.map((problem) => ({ ...problem, file: label(name), field: '' })));
    }
  }
  problems.push(...files.flatMap((file) => file.problems));
  // With a file that cannot be read at all, references into it would seem to lead nowhere.
  if (files.length === read) {
    problems.push(...crossCheck(files, builtInCoreTypes));
  }
  if (problems.length > 0) {
    throw new CatalogError(inOrder(problems));
  }
  const tables = files.flatMap((file) => (file.tables ? [file.tables] : []));
  return {
    settings: tables.find(({ catalog }) => catalog !== undefined)?.catalog ?? settingsTable.parse({}),
    aliases: tables.find(({ aliases }) => aliases !== undefined)?.aliases ?? aliasesTable.parse({}),
    coreTypes: tables.flatMap(({ coreType }) => coreType),
    analyses: tables.flatMap(({ analysis }) => analysis),
    prices: tables.flatMap(({ price }) => price),
  };
}

/** Names of the catalogue files in a directory, sorted; hidden files, editors' leftovers and examples are none. */
export async function listCatalogFiles(directory: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isMissing(error)) {
      return [];
    }
    throw error;
  }
  return names.filter((name) => !name.startsWith('.') && extname(name) in parsers).sort();
}

/** Null for a file that went away after it was listed. */
async function parseFile(directory: string, name: string): Promise<ParseResult | null> {
  const path = join(directory, name);
  const problem = (message: string) => ({ problems: [{ line: 1, message }] });
  try {
    const { size } = await stat(path);
    if (size > MAX_CATALOG_FILE_BYTES) {
      return problem(`has ${size} bytes, at most ${MAX_CATALOG_FILE_BYTES} are read`);
    }
    const bytes = await readFile(path);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const parse = await parsers[extname(name)]!();
    return parse(text);
  } catch (error) {
    if (error instanceof TypeError) {
      return problem('is not text in UTF-8');
    }
    if (isMissing(error) && !(await listCatalogFiles(directory)).includes(name)) {
      return null;
    }
    if (error instanceof Error && 'code' in error) {
      return problem(`cannot be read: ${error.message}`);
    }
    throw error;
  }
}

function inOrder(problems: readonly CatalogProblem[]): CatalogProblem[] {
  return problems.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
