import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MAX_SCAN_CACHE_BYTES } from '../limits.ts';
import { type AnalysisTable, analysisTable } from '../site/schema.ts';

/** Raise it when results of older servers must not be used any more. */
const format = 2;

const cacheFile = z.object({
  format: z.literal(format),
  /** What programs said of their version, by the program's fingerprint. */
  versions: z.record(z.string(), z.string().nullable()),
  /** The last whole result, by the search paths that it holds for. */
  found: z.object({ paths: z.string(), analyses: z.array(analysisTable) }).nullable(),
});
type CacheFile = z.output<typeof cacheFile>;

/** What earlier scans learnt, so that a start waits for no program; a broken or foreign file counts as empty. */
export async function readScanCache(cacheDirectory: string): Promise<CacheFile> {
  const empty: CacheFile = { format, versions: {}, found: null };
  try {
    const path = fileIn(cacheDirectory);
    if ((await stat(path)).size > MAX_SCAN_CACHE_BYTES) {
      return empty;
    }
    const parsed = cacheFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : empty;
  } catch {
    return empty;
  }
}

/** Replaces the cache as a whole, so that a crash leaves the old or the new one. */
export async function writeScanCache(
  cacheDirectory: string,
  cache: Omit<CacheFile, 'format'>,
): Promise<void> {
  await mkdir(cacheDirectory, { recursive: true });
  const path = fileIn(cacheDirectory);
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, JSON.stringify({ format, ...cache }));
  await rename(temporary, path);
}

/** The last scan's result for the same search paths, null where there is none. */
export async function readLastScan(cacheDirectory: string, paths: string): Promise<AnalysisTable[] | null> {
  const { found } = await readScanCache(cacheDirectory);
  return found?.paths === paths ? found.analyses : null;
}

function fileIn(cacheDirectory: string): string {
  return join(cacheDirectory, 'host-software.json');
}
