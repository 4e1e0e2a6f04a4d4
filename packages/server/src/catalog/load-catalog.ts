import { buildCatalog } from './catalog.ts';
import { builtInAnalyses } from './defaults/analyses.ts';
import { defaultCoreTypeCodes } from './defaults/core-types.ts';
import { readSite } from './site/read-site.ts';
import type { Capacity, Catalog, Host, HostSoftware } from './types.ts';

export interface LoadOptions {
  /** Where the site keeps its files; it need not exist. */
  readonly directory: string;
  readonly host: Host;
  /** What the scheduler can start at most. The host's cores when absent, no bound when null. */
  readonly capacity?: Capacity | null;
  /** Whether it stands in for a larger platform, and grants what it has not. */
  readonly isStandIn?: boolean;
  /** Built-in analyses without a Python when absent. */
  readonly software?: HostSoftware;
}

/** Reads the files of a site over the built-in catalogue. Throws a CatalogError with every mistake in them. */
export async function loadCatalog(options: LoadOptions): Promise<Catalog> {
  const { directory, host } = options;
  const site = await readSite(directory, defaultCoreTypeCodes);
  const capacity =
    options.capacity === undefined
      ? { cores: host.cores, gpus: host.gpus, of: 'this host' }
      : options.capacity;
  const standIn = options.isStandIn ? (capacity ?? { cores: host.cores, gpus: host.gpus }) : null;
  return buildCatalog({
    site,
    host,
    capacity: standIn === null ? capacity : null,
    software: options.software ?? softwareOfNode(),
    standIn,
  });
}

function softwareOfNode(): HostSoftware {
  const node = { execPath: process.execPath, version: process.version, visiblePaths: [process.execPath] };
  return { builtIn: builtInAnalyses({ python: null, node }), found: [] };
}
