import type { Instant } from '../clock.ts';
import { CatalogError, type CatalogProblem } from './catalog-error.ts';
import { builtInAnalyses } from './defaults/analyses.ts';
import { findNode } from './defaults/node.ts';
import { preparePython } from './defaults/python.ts';
import { type LoadOptions, loadCatalog } from './load-catalog.ts';
import { lastScan, type ScanOptions, scanHost } from './scan/scan-host.ts';
import type { Catalog, HostSoftware } from './types.ts';
import { asCatalogError } from './watch-catalog.ts';
import { type WatchOptions, watchDirectory } from './watch-directory.ts';

export interface OpenOptions extends Omit<LoadOptions, 'software'>, WatchOptions {
  /** Holds the commands made for jobs and what scans learnt; may be deleted at any time the server is down. */
  readonly cacheDirectory: string;
  /** The server's own PATH, MODULEPATH and HOME: where software is looked for. */
  readonly environment: ScanOptions['environment'];
  /** The clock of the server, for when the files were read; that of the host when absent. */
  readonly now?: () => Instant;
  /** Called with each later catalogue, after `current` is it. */
  readonly onChange?: (catalog: Catalog) => void;
  /** Called with mistakes in changed files (the catalogue in use stays) and with a scan that failed. */
  readonly onError?: (error: Error) => void;
  /** Used by tests; see `preparePython`. */
  readonly systemInterpreter?: string;
}

/** The catalogue of a running server. */
export interface LiveCatalog extends AsyncDisposable {
  /** The newest catalogue without mistakes: read it anew for each request. */
  readonly current: Catalog;
  /** When its files were read last, and the mistakes in them: as long as there are any, an earlier catalogue is in use. */
  readonly lastRead: { readonly at: Instant; readonly problems: readonly CatalogProblem[] };
  /** Reads the files again, now; `lastRead` then has what was wrong. */
  reread(): Promise<void>;
  /** Settles when the first scan of the host is done, or was ended or given up. */
  readonly scanned: Promise<void>;
  /** Ends the watch and the scan. */
  close(): Promise<void>;
}

/**
 * Loads the catalogue, keeps it fresh and looks for the host's software in the background, so that no start
 * waits for it. Throws a CatalogError when the files have mistakes at the start.
 */
export async function openCatalog(options: OpenOptions): Promise<LiveCatalog> {
  const { directory, cacheDirectory, environment } = options;
  const abort = new AbortController();
  const scanOptions: ScanOptions = { environment, cacheDirectory, signal: abort.signal };
  const [python, node, found] = await Promise.all([
    preparePython(options),
    findNode(process.execPath, process.version, environment.HOME),
    lastScan(scanOptions),
  ]);
  const builtIn = builtInAnalyses({ python, node });
  let software: HostSoftware = { builtIn, found: found ?? [] };
  let current = await loadCatalog({ ...options, software });
  const now = options.now ?? (() => new Date().toISOString());
  let lastRead: LiveCatalog['lastRead'] = { at: now(), problems: [] };

  // Files and scan change the catalogue; one after the other, the later one sees what the earlier one did.
  let turn: Promise<void> = Promise.resolve();
  const reload = (change?: () => void): Promise<void> => {
    turn = turn.then(async () => {
      if (abort.signal.aborted) {
        return;
      }
      change?.();
      let next: Catalog;
      try {
        next = await loadCatalog({ ...options, software });
      } catch (thrown) {
        const error = asCatalogError(thrown, directory);
        lastRead = { at: now(), problems: problemsOf(error, directory) };
        return options.onError?.(error);
      }
      current = next;
      lastRead = { at: now(), problems: [] };
      options.onChange?.(next);
    });
    return turn;
  };

  const watch = watchDirectory(directory, () => reload(), options);
  const scanned = scanHost(scanOptions).then(
    async (analyses) => {
      if (JSON.stringify(analyses) === JSON.stringify(software.found)) {
        return;
      }
      await reload(() => {
        software = { builtIn, found: analyses };
      });
    },
    (error: Error) => {
      if (!abort.signal.aborted) {
        options.onError?.(error);
      }
    },
  );

  const close = async () => {
    abort.abort();
    await watch.close();
    await scanned;
    await turn;
  };
  return {
    get current() {
      return current;
    },
    get lastRead() {
      return lastRead;
    },
    reread: () => reload(),
    scanned,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What is wrong, by file and line; of what is no mistake of the files, that they could not be read. */
function problemsOf(error: Error, directory: string): readonly CatalogProblem[] {
  return error instanceof CatalogError
    ? error.problems
    : [{ file: directory, line: 1, field: '', message: error.message }];
}
