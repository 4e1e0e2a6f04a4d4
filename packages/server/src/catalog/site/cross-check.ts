import type { CatalogProblem } from '../catalog-error.ts';
import type { CheckedFile } from './check.ts';
import { didYouMean } from './did-you-mean.ts';
import { type FieldPath, fieldName, lineOf } from './located.ts';

type RawTable = Readonly<Record<string, unknown>>;

interface Entry {
  readonly source: CheckedFile;
  readonly path: FieldPath;
  readonly table: RawTable;
}

/**
 * What no single field can tell: duplicates, references to nothing, lists that do not fit together,
 * within and between files. It reads the raw values, so that a mistake elsewhere hides nothing here.
 * `builtInCoreTypes` are the codes that hold where the files name no core type.
 */
export function crossCheck(
  files: readonly CheckedFile[],
  builtInCoreTypes: readonly string[],
): CatalogProblem[] {
  const coreTypes = entriesOf(files, 'coreType');
  const analyses = entriesOf(files, 'analysis');
  const prices = entriesOf(files, 'price');
  const named = coreTypes.map(({ table }) => table.code).filter((code) => typeof code === 'string');
  const codes = new Set(named.length > 0 ? named : builtInCoreTypes);
  return [
    ...duplicates(coreTypes, 'code'),
    ...duplicates(coreTypes, 'name'),
    ...coreTypes.flatMap(sizesOf),
    ...duplicates(analyses, 'code'),
    ...duplicates(analyses, 'name'),
    ...analyses.flatMap((analysis) => {
      const versions = childrenOf(analysis, 'version');
      return [...duplicates(versions, 'code'), ...versions.flatMap((version) => allowedIn(version, codes))];
    }),
    ...prices.flatMap((price) => reference(price, ['coreType'], price.table.coreType, codes)),
    ...repeatedPrices(prices),
    ...contradictoryPrices(coreTypes, prices),
    ...aliasesOf(files, codes),
    ...repeatedTable(files, 'catalog'),
    ...repeatedTable(files, 'aliases'),
  ];
}

/** Names are compared without case: clients look core types and software up by name. */
function duplicates(entries: readonly Entry[], field: 'code' | 'name'): CatalogProblem[] {
  const seen = new Map<string, Entry>();
  const problems: CatalogProblem[] = [];
  for (const entry of entries) {
    const value = entry.table[field];
    if (typeof value !== 'string') {
      continue;
    }
    const key = field === 'name' ? value.trim().toLowerCase() : value;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, entry);
    } else {
      problems.push(
        problemAt(entry, [field], `${JSON.stringify(value)} is taken already in ${place(first)}`),
      );
    }
  }
  return problems;
}

function sizesOf(entry: Entry): CatalogProblem[] {
  const { cores, gpuCounts } = entry.table;
  if (!Array.isArray(cores)) {
    return [];
  }
  const problems: CatalogProblem[] = [];
  cores.forEach((size, index) => {
    const before = cores[index - 1];
    if (isCount(size) && isCount(before) && size <= before) {
      const message = `must be larger than the size before it, got ${size} after ${before}`;
      problems.push(problemAt(entry, ['cores', index], message));
    }
  });
  if (Array.isArray(gpuCounts) && gpuCounts.length !== cores.length) {
    const message = `must have one count for each of cores: ${cores.length} of them, got ${gpuCounts.length}`;
    problems.push(problemAt(entry, ['gpuCounts'], message));
  }
  return problems;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

function allowedIn(version: Entry, codes: ReadonlySet<string>): CatalogProblem[] {
  const allowed = version.table.allowedCoreTypes;
  if (!Array.isArray(allowed)) {
    return [];
  }
  if (allowed.length === 0) {
    const message = 'must name at least one core type; leave the field out to allow all';
    return [problemAt(version, ['allowedCoreTypes'], message)];
  }
  return allowed.flatMap((code, index) => reference(version, ['allowedCoreTypes', index], code, codes));
}

function reference(
  entry: Entry,
  path: FieldPath,
  code: unknown,
  codes: ReadonlySet<string>,
): CatalogProblem[] {
  if (typeof code !== 'string' || codes.has(code)) {
    return [];
  }
  const hint = didYouMean(code, codes) || `; core types are ${[...codes].join(', ')}`;
  return [problemAt(entry, path, `there is no core type ${JSON.stringify(code)}${hint}`)];
}

function repeatedPrices(prices: readonly Entry[]): CatalogProblem[] {
  const seen = new Map<string, Entry>();
  return prices.flatMap((price) => {
    const { coreType, planType, os = 'linux' } = price.table;
    const key = JSON.stringify([coreType, planType, os]);
    const first = seen.get(key);
    seen.set(key, first ?? price);
    if (first === undefined) {
      return [];
    }
    const message = `there is a price for ${coreType}, ${planType}, ${os} already in ${place(first)}`;
    return [problemAt(price, ['planType'], message)];
  });
}

/** A price stands in one place: beside the core type or in a price table. */
function contradictoryPrices(coreTypes: readonly Entry[], prices: readonly Entry[]): CatalogProblem[] {
  const fieldOf: Record<string, string> = { 'on-demand-priority': 'price', 'on-demand': 'lowPriorityPrice' };
  return prices.flatMap((price) => {
    const { planType, os = 'linux', amount } = price.table;
    const field = fieldOf[String(planType)];
    const owner = coreTypes.find(({ table }) => table.code === price.table.coreType);
    const beside = field === undefined ? undefined : owner?.table[field];
    if (os !== 'linux' || beside === undefined || beside === amount) {
      return [];
    }
    const where = `${owner!.source.file}:${lineOf(owner!.source.document, [...owner!.path, field!])}`;
    const message = `contradicts coreType.${field} = ${JSON.stringify(beside)} in ${where}; keep one of the two`;
    return [problemAt(price, ['amount'], message)];
  });
}

/** Software may be found on the host later; core types are all known here. */
function aliasesOf(files: readonly CheckedFile[], codes: ReadonlySet<string>): CatalogProblem[] {
  return files.flatMap((source) => {
    const aliases = isTable(source.document.value) ? source.document.value.aliases : undefined;
    const coreTypes = isTable(aliases) ? aliases.coreTypes : undefined;
    const entry = { source, path: ['aliases', 'coreTypes'], table: {} };
    return isTable(coreTypes)
      ? Object.entries(coreTypes).flatMap(([alias, code]) => reference(entry, [alias], code, codes))
      : [];
  });
}

function repeatedTable(files: readonly CheckedFile[], name: 'catalog' | 'aliases'): CatalogProblem[] {
  const [first, ...others] = files.filter(({ document }) => isTable((document.value as RawTable)?.[name]));
  return others.map((file) => {
    const line = lineOf(file.document, [name]);
    const message = `stands already in ${first!.file}:${lineOf(first!.document, [name])}; keep one`;
    return { file: file.file, line, field: name, message };
  });
}

function entriesOf(files: readonly CheckedFile[], list: string): Entry[] {
  return files.flatMap((source) => {
    const root = source.document.value;
    return isTable(root) ? childrenOf({ source, path: [], table: root }, list) : [];
  });
}

function childrenOf(parent: Entry, list: string): Entry[] {
  const children = parent.table[list];
  if (!Array.isArray(children)) {
    return [];
  }
  return children.flatMap((table, index) =>
    isTable(table) ? [{ source: parent.source, path: [...parent.path, list, index], table }] : [],
  );
}

function isTable(value: unknown): value is RawTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemAt(entry: Entry, path: FieldPath, message: string): CatalogProblem {
  const full = [...entry.path, ...path];
  return {
    file: entry.source.file,
    line: lineOf(entry.source.document, full),
    field: fieldName(full),
    message,
  };
}

function place(entry: Entry): string {
  return `${entry.source.file}:${lineOf(entry.source.document, [...entry.path, 'code'])}`;
}
