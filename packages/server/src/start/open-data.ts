import { chooseMemoryControl, type MemoryControl } from '@quarry/agent/memory-control';
import { probeSandbox, type SandboxProbe } from '@quarry/agent/sandbox';
import { findGpus, type HostGpu } from '../catalog/gpus.ts';
import { inspectHost } from '../catalog/host.ts';
import { type LiveCatalog, openCatalog } from '../catalog/open-catalog.ts';
import type { Host } from '../catalog/types.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { DatabaseDamagedError, meansDamaged } from '../db/damage.ts';
import type { Database } from '../db/database.ts';
import { type DatabaseOptions, openDatabase } from '../db/open.ts';
import { openReserve, type Reserve } from '../db/reserve.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { withoutProtection } from '../oom-score.ts';
import { whoElseMayChange } from '../own-path.ts';
import { openStorage } from '../storage/registry.ts';
import type { Storage } from '../storage/storage.ts';
import { type Background, createBackground } from '../upkeep/background.ts';
import { type AgentDirectory, prepareAgentDirectory } from './agent-directory.ts';
import { useCompileCache } from './compile-cache.ts';
import { lockDataDirectory, prepareDataDirectory, readSecret } from './data-directory.ts';
import { freeSpaceForStart, type StartSpace, withReserve } from './free-space.ts';
import { ensureOwner } from './owner.ts';
import type { DataPaths } from './paths.ts';
import { refuseLostDatabase } from './refuse-lost-database.ts';

/** What lies in the data directory, open, and what was found out about the host meanwhile. */
export interface OpenData {
  paths: DataPaths;
  clock: Clock;
  background: Background;
  reserve: Reserve;
  startSpace: StartSpace;
  secret: Buffer;
  host: Host;
  database: Database;
  storage: Storage;
  catalog: LiveCatalog;
  sandbox: SandboxProbe;
  /** Who bounds the memory of runs; null where nobody does. */
  memoryControl: MemoryControl | null;
  /** GPUs of the host that jobs may have. */
  gpus: HostGpu[];
  /** What no command may see. */
  hiddenPaths: string[];
  /** Where agents work outside of the data directory; null where they work in it. */
  agentDirectory: AgentDirectory | null;
  /** The owner's key. */
  apiKey: string;
}

/** Opens the data directory for the one server of it; `cleanup` closes what was opened. */
export async function openData(
  config: Config,
  logger: Logger,
  cleanup: AsyncDisposableStack,
  onCommit: DatabaseOptions['onCommit'],
): Promise<OpenData> {
  const paths = await prepareDataDirectory(config.data);
  cleanup.defer(lockDataDirectory(paths));
  const others = whoElseMayChange(paths.data);
  if (others !== null) {
    logger.warn(`others can replace the data directory: ${others}`);
  }
  const noCache = useCompileCache(paths.compileCache, { make: true });
  if (noCache !== null) {
    logger.warn(`nothing compiled is kept, so starts take longer: ${noCache}`);
  }
  const clock = systemClock();
  const background = createBackground({ clock, logger });
  const reading = background.task('reading the catalogue');
  const reserve = openReserve(paths.reserve, LIMITS.reserveBytes);
  const { home, path, modulePath } = config.environment;
  const gpus = await findGpus(config.gpus, { searchPath: path });
  const host = { ...inspectHost({ cores: config.cores }), gpus: gpus.length };
  const memoryControl = config.memoryLimitPercent === 0 ? null : chooseMemoryControl(`server-${process.pid}`);
  const hiddenPaths = hiddenFromCommands(config);
  const agentDirectory = await prepareAgentDirectory(config, logger);
  // Just before the database is opened, which needs some of it: jobs that fill the disk take what is free.
  const startSpace = await freeSpaceForStart(paths, logger);
  const [database, storage, catalog, sandbox] = await Promise.all([
    withReserve(reserve, () => openSound(paths, { reserve, onCommit })),
    openStorage({ kind: 'fs', directory: config.data }),
    openCatalog({
      directory: paths.catalog,
      cacheDirectory: paths.cache,
      host,
      now: clock.now,
      capacity: { cores: config.cores, gpus: gpus.length, of: 'this host' },
      isStandIn: config.standIn,
      environment: { PATH: path, HOME: home, ...(modulePath ? { MODULEPATH: modulePath } : {}) },
      onError: (error) => {
        logger.error(error.message);
        reading.note(error);
      },
      onChange: () => {
        logger.info('the catalogue was read anew');
        reading.note();
      },
    }),
    config.sandbox === 'off'
      ? NO_SANDBOX
      : withoutProtection(() => probeSandbox({ hiddenPaths, network: config.sandboxNetwork })),
  ]);
  cleanup.use(database);
  const secret = await readSecret(paths);
  cleanup.defer(() => storage.close());
  await storage.recover();
  cleanup.defer(() => catalog.close());
  const apiKey = await ensureOwner(database, clock, paths);
  return {
    paths,
    clock,
    background,
    reserve,
    startSpace,
    secret,
    host,
    database,
    storage,
    catalog,
    sandbox,
    memoryControl,
    gpus,
    hiddenPaths,
    agentDirectory,
    apiKey,
  };
}

async function openSound(paths: DataPaths, options: DatabaseOptions): Promise<Database> {
  refuseLostDatabase(paths);
  try {
    return await openDatabase(paths.database, options);
  } catch (error) {
    if (!meansDamaged(error)) {
      throw error;
    }
    throw new DatabaseDamagedError(paths.database, innermost(error), { cause: error });
  }
}

/** What SQLite itself said. */
function innermost(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? innermost(cause) : message;
}

/** This platform's data, and homes, where people keep keys. Software in a home is shown by the catalogue. */
const NO_SANDBOX = {
  available: false,
  isStaying: false,
  sharesAbstractSockets: true,
  reason: 'It is switched off (sandbox = "off").',
};

function hiddenFromCommands({ data, environment, stateDirectory, agentDirectory }: Config): string[] {
  const others = [stateDirectory, agentDirectory].filter((path) => path !== null);
  return [data, environment.home, '/root', '/home', ...others];
}
