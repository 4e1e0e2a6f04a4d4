import { createHash } from 'node:crypto';
import { defaultCoreTypes } from './defaults/core-types.ts';
import { memoryMbPerCore } from './host.ts';
import { otherNames } from './other-names.ts';
import { derivePrices, priceBeside } from './prices.ts';
import type { Site } from './site/read-site.ts';
import type { AnalysisTable, CoreTypeTable } from './site/schema.ts';
import type {
  Analysis,
  AnalysisVersion,
  Capacity,
  Catalog,
  CoreType,
  Host,
  HostSoftware,
  OtherNames,
} from './types.ts';

export interface CatalogSources {
  readonly site: Site;
  readonly host: Host;
  /** What the scheduler can start at most; null where it decides for itself. */
  readonly capacity: Capacity | null;
  readonly software: HostSoftware;
  /** What the host has, where it stands in for a larger platform; null elsewhere. */
  readonly standIn?: OtherNames['standIn'];
}

/** Puts the files of a site and the host together to what is on offer. Pure: equal sources give equal catalogues. */
export function buildCatalog({ site, host, capacity, software, standIn = null }: CatalogSources): Catalog {
  const tables = site.coreTypes.length > 0 ? site.coreTypes : defaultCoreTypes(host);
  const coreTypes = tables.map((table, index) => buildCoreType(table, index, site, host, capacity));
  const codes = coreTypes.map(({ code }) => code);
  const analyses = mergeAnalyses(site, software).map((table, index) => buildAnalysis(table, index, codes));
  const prices = derivePrices(site.prices, coreTypes);

  const coreTypeByCode = new Map(coreTypes.map((coreType) => [coreType.code, coreType]));
  const analysisByCode = new Map(analyses.map((analysis) => [analysis.code, analysis]));
  return deepFreeze({
    coreTypes,
    analyses,
    prices,
    otherNames: otherNames(site, { coreTypes, analyses }, standIn),
    coreType: (code: string) => coreTypeByCode.get(code),
    hasSize: ({ cores }: CoreType, coresPerSlot: number) => standIn !== null || cores.includes(coresPerSlot),
    analysis: (code: string) => analysisByCode.get(code),
    version(analysisCode: string, versionCode?: string | null) {
      const versions = analysisByCode.get(analysisCode)?.versions;
      return versionCode == null || versionCode === ''
        ? versions?.[0]
        : versions?.find(({ code }) => code === versionCode);
    },
    price: (coreTypeCode: string, planType: string, os = 'linux') =>
      prices.find((row) => row.coreType === coreTypeCode && row.planType === planType && row.os === os),
  });
}

function buildCoreType(
  table: CoreTypeTable,
  index: number,
  site: Site,
  host: Host,
  capacity: Capacity | null,
): CoreType {
  const gpuCounts = table.gpuCounts ?? table.cores.map(() => 0);
  const sizes = table.cores.map((cores, position) => ({ cores, gpus: gpuCounts[position] ?? 0 }));
  const fitting = sizes.filter(
    ({ cores, gpus }) => !capacity || (cores <= capacity.cores && gpus <= capacity.gpus),
  );
  const shown = fitting.length > 0 ? fitting : sizes;
  const unavailableReason = table.isActive
    ? fitting.length > 0
      ? null
      : lackOf(sizes, capacity!)
    : (table.unavailableReason ?? 'This site has switched it off.');
  const { isActive: _, ...fields } = table;
  return {
    ...fields,
    ...priceBeside(table, site.prices),
    name: table.name ?? table.code,
    cores: shown.map(({ cores }) => cores),
    gpuCounts: shown.map(({ gpus }) => gpus),
    processorInfo: table.processorInfo ?? host.processorInfo,
    memoryMbPerCore: table.memoryMbPerCore ?? memoryMbPerCore(host),
    displayOrder: table.displayOrder ?? index,
    available: unavailableReason === null,
    unavailableReason,
  };
}

function lackOf(sizes: readonly { cores: number; gpus: number }[], capacity: Capacity): string {
  const leastGpus = Math.min(...sizes.map(({ gpus }) => gpus));
  const leastCores = Math.min(...sizes.map(({ cores }) => cores));
  const of = `${capacity.of.charAt(0).toUpperCase()}${capacity.of.slice(1)}`;
  if (leastGpus > capacity.gpus) {
    return `${of} has ${capacity.gpus === 0 ? 'no GPU' : counted(capacity.gpus, 'GPU')}; the smallest slot of this type takes ${leastGpus}.`;
  }
  if (leastCores > capacity.cores) {
    return `${of} has ${counted(capacity.cores, 'core')}; the smallest slot of this type takes ${leastCores}.`;
  }
  return `${of} has ${counted(capacity.cores, 'core')} and ${counted(capacity.gpus, 'GPU')}; no slot of this type fits both.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A site's own entry replaces the one of its code that is built in or found. */
function mergeAnalyses(site: Site, software: HostSoftware): AnalysisTable[] {
  const ours = [
    ...(site.settings.builtInAnalyses ? software.builtIn : []),
    ...(site.settings.hostSoftware ? software.found : []),
  ];
  const siteByCode = new Map(site.analyses.map((table) => [table.code, table]));
  const merged = new Map<string, AnalysisTable>();
  for (const table of [...ours, ...site.analyses]) {
    if (!merged.has(table.code)) {
      merged.set(table.code, siteByCode.get(table.code) ?? table);
    }
  }
  return uniqueNames([...merged.values()], new Set(siteByCode.keys()));
}

/** Clients look software up by its name; a site's names were checked, ours give way. */
function uniqueNames(tables: readonly AnalysisTable[], fixedCodes: ReadonlySet<string>): AnalysisTable[] {
  const key = (name: string) => name.trim().toLowerCase();
  const taken = new Set(tables.filter(({ code }) => fixedCodes.has(code)).map(({ name }) => key(name)));
  return tables.map((table) => {
    if (fixedCodes.has(table.code)) {
      return table;
    }
    const name = taken.has(key(table.name)) ? `${table.name} (${table.code})` : table.name;
    taken.add(key(name));
    return { ...table, name };
  });
}

function buildAnalysis(table: AnalysisTable, index: number, codes: readonly string[]): Analysis {
  const { version, ...fields } = table;
  const [first, ...others] = version.map(
    (entry): AnalysisVersion => ({
      ...entry,
      id: stableId(`${table.code}/${entry.code}`),
      name: entry.name ?? entry.code,
      allowedCoreTypes: entry.allowedCoreTypes ?? codes,
    }),
  );
  if (first === undefined) {
    throw new Error(`analysis ${table.code} has no version, which its schema refuses`);
  }
  return { ...fields, displayOrder: table.displayOrder ?? index, versions: [first, ...others] };
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Ids are six letters, as clients expect of every id. */
function stableId(name: string): string {
  const digest = createHash('sha256').update(name).digest();
  return Array.from(digest.subarray(0, 6), (byte) => letters[byte % letters.length]).join('');
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) {
      deepFreeze(inner);
    }
  }
  return value;
}
