/**
 * Looks for software on the host: commands on the PATH, which are asked for their version, and environment
 * modules, whose files name it. Versions are remembered by the program's place, size and time of change.
 */
import { MAX_MODULE_VERSIONS, PROBE_CONCURRENCY } from '../limits.ts';
import { type AnalysisTable, analysisTable } from '../site/schema.ts';
import { type FoundCommand, findCommands, howToReach, type Reach } from './find-commands.ts';
import { askLoginShellForModulePath, type FoundModule, findModules } from './find-modules.ts';
import { type KnownSoftware, knownSoftware } from './known-software.ts';
import { runProgram } from './run-program.ts';
import { readLastScan, readScanCache, writeScanCache } from './scan-cache.ts';

export interface ScanOptions {
  /** The server's own search paths; MODULEPATH is asked from a login shell when absent. */
  readonly environment: { readonly PATH?: string; readonly MODULEPATH?: string; readonly HOME?: string };
  readonly cacheDirectory: string;
  readonly known?: readonly KnownSoftware[];
  /** Ends the programs that are being asked. */
  readonly signal?: AbortSignal;
}

/** Everything of the table that the host has, newest version first. Starts programs: may take seconds. */
export async function scanHost(options: ScanOptions): Promise<AnalysisTable[]> {
  const { environment, cacheDirectory, known = knownSoftware, signal } = options;
  const wanted = new Set(known.flatMap(({ commands }) => commands));
  const commands = await findCommands(environment.PATH ?? '', wanted);
  const modules = await findModules(
    environment.MODULEPATH ?? (await askLoginShellForModulePath(environment, undefined, signal)),
  );
  const here = known.flatMap((software) => {
    const command = software.commands.map((name) => commands.get(name)).find((each) => each !== undefined);
    const ownModules = modules.filter((module) => software.modules.includes(module.software));
    return command || ownModules.length > 0 ? [{ software, command, modules: ownModules }] : [];
  });
  const present = await Promise.all(
    here.map(async (each) => {
      const { command, software } = each;
      const wish = { home: environment.HOME, root: software.root };
      // By modules alone nothing has to be reached.
      return { ...each, found: command ? { command, reach: await howToReach(command.path, wish) } : null };
    }),
  );
  const remembered = (await readScanCache(cacheDirectory)).versions;
  const versions: Record<string, string | null> = {};
  await eachOf(present, PROBE_CONCURRENCY, async ({ software, found }) => {
    if (found === null || signal?.aborted) {
      return;
    }
    const key = keyOf(software, found.command);
    const version = key in remembered ? remembered[key] : await askVersion(software, found, options);
    if (version !== undefined) {
      versions[key] = version;
    }
  });
  signal?.throwIfAborted();
  const analyses = present.map(({ software, found, modules: ownModules }) => {
    const version = found ? (versions[keyOf(software, found.command)] ?? null) : null;
    return describe(software, found && { version, reach: found.reach }, ownModules);
  });
  // A cache that cannot be kept costs the next start a scan and nothing else.
  await writeScanCache(cacheDirectory, { versions, found: { paths: pathsOf(environment), analyses } }).catch(
    () => {},
  );
  return analyses;
}

/** What the last scan with the same search paths found; null where there was none. Starts nothing. */
export async function lastScan({
  environment,
  cacheDirectory,
}: ScanOptions): Promise<AnalysisTable[] | null> {
  return readLastScan(cacheDirectory, pathsOf(environment));
}

function pathsOf({ PATH = '', MODULEPATH = '' }: ScanOptions['environment']): string {
  return JSON.stringify([PATH, MODULEPATH]);
}

function keyOf(software: KnownSoftware, command: FoundCommand): string {
  return `${software.code} ${command.fingerprint}`;
}

/** Null where the program tells none, undefined where it took too long: the next scan asks that one again. */
async function askVersion(
  software: KnownSoftware,
  { command, reach }: { command: FoundCommand; reach: Reach },
  { environment, signal }: ScanOptions,
): Promise<string | null | undefined> {
  if (software.versionArgs === null) {
    return null;
  }
  // HOME is left out on purpose: the program gets an empty one and can write nothing into the real one.
  const { output, timedOut } = await runProgram(command.path, software.versionArgs, {
    environment: { PATH: environment.PATH, ...reach.environment },
    signal,
  });
  return software.versionPattern.exec(output)?.[1] ?? (timedOut ? undefined : null);
}

/** The code of a version that would not tell its name. */
const unknownVersion = 'host';

/** As it is installed and in its modules; null where only those have it. */
function describe(
  software: KnownSoftware,
  installed: { version: string | null; reach: Reach } | null,
  modules: readonly FoundModule[],
): AnalysisTable {
  const { code, name, category, vendorName, website, description } = software;
  const { stdCommand, mpiCommand, smpCommand } = software;
  const templates = { stdCommand, mpiCommand, smpCommand };
  const ofCommand = installed
    ? [
        {
          code: codeOf(installed.version ?? '') || unknownVersion,
          name: installed.version ?? 'As installed on the host',
          ...templates,
          ...installed.reach,
        },
      ]
    : [];
  // Made here: loading a language takes the start of a server longer than the rest of this file.
  const naturalOrder = new Intl.Collator('en', { numeric: true });
  const ofModules = modules
    .filter(({ version }) => codeOf(version) !== '' && codeOf(version) !== ofCommand[0]?.code)
    .filter(
      (module, index, all) =>
        all.findIndex((other) => codeOf(other.version) === codeOf(module.version)) === index,
    )
    .sort((a, b) => naturalOrder.compare(b.version, a.version))
    .slice(0, MAX_MODULE_VERSIONS)
    .map(({ version: name, module }) => ({ code: codeOf(name), name, ...templates, modules: [module] }));
  const versions = [...ofCommand, ...ofModules].sort((a, b) => naturalOrder.compare(b.code, a.code));
  return analysisTable.parse({
    ...{ code, name, category, vendorName, website, description },
    version: versions,
  });
}

/** A version as a code: what codes cannot hold is left out. */
function codeOf(version: string): string {
  return version
    .replaceAll(/[^A-Za-z0-9._+-]/g, '')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);
}

async function eachOf<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
