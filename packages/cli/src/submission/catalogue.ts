import type { Analysis, AnalysisVersion, CoreType, Quarry } from '@quarry/sdk';

/** Items asked for at once: most platforms fit on one such page. */
const PAGE_SIZE = 200;

/** What a platform offers, as far as a submission needs to know. */
export interface Catalogue {
  coreTypes: CoreType[];
  analyses: Analysis[];
  currency: string;
}

/** Reads core types, software and the currency of prices, all at once. */
export async function readCatalogue(sdk: Quarry, signal: AbortSignal): Promise<Catalogue> {
  const [coreTypes, analyses, price] = await Promise.all([
    sdk.coreTypes.list({ page_size: PAGE_SIZE }, { signal }).all(),
    sdk.analyses.list({ page_size: PAGE_SIZE }, { signal }).all(),
    sdk.prices.list({ signal }).first(),
  ]);
  return { coreTypes, analyses, currency: price?.value.currency ?? 'USD' };
}

/** The version of a software that is meant, by its code or its display name; the newest when none is named. */
export function findVersion(
  analysis: Analysis | undefined,
  wanted: string | null | undefined,
): AnalysisVersion | undefined {
  const versions = analysis?.versions ?? [];
  if (wanted === null || wanted === undefined || wanted === '') {
    return versions[0];
  }
  return (
    versions.find(({ versionCode }) => versionCode === wanted) ??
    versions.find(({ version }) => version === wanted)
  );
}

/**
 * The software that the words of `module load` and `source` lines name: `openfoam/2.3.1` by code or name, and
 * `/opt/openfoam/etc/bashrc` by any part of the path.
 */
export function findSoftware(
  analyses: readonly Analysis[],
  hints: readonly string[],
): { code: string; version?: string } | undefined {
  for (const hint of hints) {
    const parts = hint.split('/').filter(Boolean);
    for (const [index, part] of parts.entries()) {
      const analysis = analyses.find(({ code, name }) => sameWord(code, part) || sameWord(name, part));
      if (!analysis) {
        continue;
      }
      const version = parts[index + 1] && findVersion(analysis, parts[index + 1]);
      return version ? { code: analysis.code, version: version.versionCode } : { code: analysis.code };
    }
  }
  return undefined;
}

function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
