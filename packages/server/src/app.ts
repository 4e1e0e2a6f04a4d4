import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { probeSandbox, type SandboxProbe } from '@quarry/agent/sandbox';
import { createAuthenticator } from './access/authenticate.ts';
import { agentRoutes } from './api/agent/index.ts';
import { catalogRoutes } from './api/catalog/index.ts';
import { ByteBudget } from './api/files/byte-budget.ts';
import { collectBlobs, collectDeleted, collectStrays } from './api/files/collect-blobs.ts';
import { fileRoutes } from './api/files/index.ts';
import { jobRoutes } from './api/jobs/index.ts';
import { createPlaces } from './api/jobs/places.ts';
import { projectRoutes } from './api/projects/index.ts';
import { runRoutes } from './api/runs/index.ts';
import { serverRoutes } from './api/server/index.ts';
import { sweepRoutes } from './api/sweeps/index.ts';
import { createUploads } from './api/uploads/index.ts';
import { userRoutes } from './api/users/index.ts';
import { inspectHost } from './catalog/host.ts';
import { openCatalog } from './catalog/open-catalog.ts';
import { writeDefaultCatalog } from './catalog/write-examples.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { openDatabase } from './db/open.ts';
import { findLiveClusters } from './db/queries/live-jobs.ts';
import { touchKeys } from './db/queries/touch-keys.ts';
import { openReserve } from './db/reserve.ts';
import { mount } from './http/mount.ts';
import type { Route } from './http/route.ts';
import { forgetKeys } from './idempotency/forget-keys.ts';
import { createClusterDirectories } from './jobs/cluster-directories.ts';
import { createDefinitions } from './jobs/definition/definitions.ts';
import { refuseUnrunnable } from './jobs/definition/refuse-unrunnable.ts';
import { createEngine } from './jobs/engine.ts';
import { createExchanges } from './jobs/exchange.ts';
import { createNews } from './jobs/news.ts';
import { createReconciler } from './jobs/reconcile.ts';
import { createAssigner, visiblePathsOf } from './jobs/runs/assignment.ts';
import { createCollector } from './jobs/runs/collect.ts';
import { LIMITS } from './limits.ts';
import type { Logger } from './logger.ts';
import { portalRoutes } from './portal/routes.ts';
import { restWhenQuiet } from './rest.ts';
import { createLocalScheduler } from './schedulers/local/local.ts';
import { announce } from './start/announce.ts';
import { lockDataDirectory, prepareDataDirectory, readSecret } from './start/data-directory.ts';
import { ensureOwner } from './start/owner.ts';
import { PartDigester } from './storage/part-digests.ts';
import { openStorage } from './storage/registry.ts';
import { VERSION } from './version.ts';

const UPKEEP_MS = 60_000;
/** After so long without a request the server gives memory back. */
const QUIET_MS = 10_000;

export interface App {
  url: string;
  apiKey: string;
  dataDir: string;
  sandbox: SandboxProbe & { mode: Config['sandbox']; network: Config['sandboxNetwork'] };
  close(): Promise<void>;
}

/** Builds the platform, each thing once and in order, and starts it. What was opened is closed in reverse. */
export async function startApp(config: Config, logger: Logger): Promise<App> {
  await using cleanup = new AsyncDisposableStack();
  const paths = await prepareDataDirectory(config.data);
  cleanup.defer(lockDataDirectory(paths));
  const clock = systemClock();
  const reserve = openReserve(paths.reserve, LIMITS.reserveBytes);
  const secret = await readSecret(paths);
  const host = inspectHost();
  const hiddenPaths = hiddenFromCommands(config);
  const [database, storage, catalog, sandbox] = await Promise.all([
    openDatabase(paths.database, reserve),
    openStorage({ kind: 'fs', directory: config.data }),
    openCatalog({
      directory: paths.catalog,
      cacheDirectory: paths.cache,
      host,
      capacity: { cores: config.cores, gpus: 0, of: 'this host' },
      environment: {
        PATH: config.environment.path,
        HOME: config.environment.home,
        ...(config.environment.modulePath ? { MODULEPATH: config.environment.modulePath } : {}),
      },
      onError: (error) => logger.error(error.message),
      onChange: () => logger.info('the catalogue was read anew'),
    }),
    config.sandbox === 'off'
      ? { available: false, isStaying: false, reason: 'It is switched off (sandbox = "off").' }
      : probeSandbox({ hiddenPaths, network: config.sandboxNetwork }),
  ]);
  cleanup.use(database);
  cleanup.defer(() => storage.close());
  await storage.recover();
  cleanup.defer(() => catalog.close());
  const apiKey = await ensureOwner(database, clock, paths);

  const agentMain = fileURLToPath(import.meta.resolve('@quarry/agent/main'));
  const scheduler = cleanup.use(createLocalScheduler({ capacity: config.cores, agentMain }));
  let url = '';
  const authenticator = createAuthenticator({
    database,
    clock,
    clusterOfToken: (hash) => engine.clusterOfToken(hash),
    onManyWrongKeys: (address) => logger.warn({ address }, 'many wrong keys come from an address'),
  });
  const news = createNews();
  authenticator.onRevoked(() => news.tellAll());
  const definitions = createDefinitions(database.read);
  const directories = createClusterDirectories({ directory: paths.clusters, database, logger });
  const engine = createEngine({
    news,
    database,
    clock,
    scheduler,
    directories,
    authenticator,
    logger,
    secret,
    sandbox: { mode: config.sandbox, hiddenPaths, network: config.sandboxNetwork },
    visiblePathsOf: (jobId) => visiblePathsOf(definitions, catalog.current, jobId),
    outputFileBytes: config.outputFileBytes,
    serverUrl: () => url,
    serverFile: paths.serverFile,
  });
  cleanup.use(engine);
  const assigner = createAssigner({
    database,
    definitions,
    storage,
    catalog: () => catalog.current,
    secret,
    sharedFileSystem: scheduler.capabilities.sharedFileSystem,
    platformUrl: () => config.publicUrl ?? url,
    platformName: 'quarry',
  });
  const clusterSite = { clustersDirectory: paths.clusters, schedulerName: scheduler.name };
  const collector = createCollector({ storage, logger });
  const exchanges = createExchanges({
    ...{ database, clock, definitions, engine, assigner, collector },
    onUnwanted: (digests) => void collectDeleted({ database, storage, clock, logger }, digests),
  });
  const reconciler = cleanup.use(
    createReconciler({ database, clock, engine, exchanges, scheduler, logger, site: clusterSite }),
  );

  const people = { database, clock, authenticator, maxJobHours: config.maxJobHours };
  const partDigester = cleanup.use(new PartDigester({ atOnce: LIMITS.partDigestsAtOnce }));
  const files = {
    database,
    storage,
    clock,
    logger,
    partDigester,
    bulkMemory: new ByteBudget(LIMITS.bulkMemoryBytes),
    uploadBytes: LIMITS.uploadBytes,
    linesBytes: LIMITS.linesBytes,
  };
  const uploads = createUploads(files);
  const routes: Route[] = [
    ...serverRoutes(VERSION),
    ...userRoutes(people),
    ...projectRoutes(people),
    ...catalogRoutes(() => catalog.current),
    ...fileRoutes(files),
    ...uploads.routes,
    ...jobRoutes({
      news,
      places: createPlaces(),
      database,
      clock,
      engine,
      storage,
      logger,
      catalog: () => catalog.current,
      secret,
      site: {
        requiresProject: config.requiresProject,
        maxJobHours: config.maxJobHours,
        ...clusterSite,
        grantedSlots: (request) => scheduler.grant(request),
      },
    }),
    ...sweepRoutes({ database }),
    ...runRoutes({
      database,
      storage,
      clock,
      engine,
      logger,
      site: clusterSite,
      refuseUnrunnable: (queries, job) => refuseUnrunnable(() => catalog.current, queries, job),
    }),
    ...agentRoutes(exchanges),
    ...portalRoutes(VERSION),
  ];
  const http = mount({
    routes,
    authenticator,
    logger,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    requestSeconds: config.requestSeconds,
    compress: config.compress,
  });
  cleanup.defer(() => uploads.settle());
  cleanup.defer(async () => {
    exchanges.releaseAll();
    news.close();
    // Those who waited get what there is before their connections are closed.
    await new Promise((resolve) => setImmediate(resolve));
    await http.close();
  });

  let requests = 0;
  http.server.on('request', () => {
    requests += 1;
  });
  const rest = cleanup.use(
    restWhenQuiet({
      activity: () => requests,
      release: () => database.releaseMemory(),
      quietMs: QUIET_MS,
    }),
  );
  const inherited = new Set((await findLiveClusters(database.read)).map(({ clusterId }) => clusterId));
  await reconciler.expectAgents();
  await http.listen({ host: config.host, port: config.port });
  url = addressOf(http.server.address(), config.host);
  await reconciler.resume();
  reconciler.start();
  cleanup.defer(
    await announce(
      { url, dataDir: config.data, pid: process.pid, keyFile: paths.ownerKey, startedAt: clock.now() },
      { serverFile: paths.serverFile, stateDirectory: config.stateDirectory },
    ),
  );
  const closing = new AbortController();
  cleanup.use(
    every(UPKEEP_MS, async () => {
      await reserve.restore();
      const used = authenticator.takeUsedKeys();
      if (used.length > 0) await database.write((queries) => touchKeys(queries, used, clock.now()));
      await forgetKeys({ database, clock });
      await uploads.expire();
      await directories.tidy(closing.signal);
    }),
  );
  cleanup.defer(() => closing.abort());
  tidyUp(closing.signal)
    .then(() => rest.now())
    .catch((error) => {
      if (!closing.signal.aborted)
        logger.error({ err: error }, 'tidying up failed; the next start tries again');
    });

  /** What a crash may have left: half uploads, whole ones without their file, bytes without a row, directories of clusters that have ended. */
  async function tidyUp(signal: AbortSignal): Promise<void> {
    await reserve.restore();
    await writeDefaultCatalog(paths.catalog, host);
    await storage.sweep();
    await uploads.mend();
    await uploads.expire();
    await directories.tidy(signal);
    // Outputs may lie in the store whose event an agent of before has yet to repeat: until then they have no row.
    while (await anyLives(inherited)) await sleep(UPKEEP_MS, undefined, { signal, ref: false });
    await collectBlobs({ database, storage, clock });
    await collectStrays({ database, storage, clock });
  }

  async function anyLives(clusters: ReadonlySet<string>): Promise<boolean> {
    return (await findLiveClusters(database.read)).some(({ clusterId }) => clusters.has(clusterId));
  }

  const resources = cleanup.move();
  return {
    url,
    apiKey,
    dataDir: config.data,
    sandbox: { ...sandbox, mode: config.sandbox, network: config.sandboxNetwork },
    close: () => resources.disposeAsync(),
  };
}

/** What no command may see: this platform's data, and homes, where people keep keys. Software in a home is shown by the catalogue. */
function hiddenFromCommands({ data, environment, stateDirectory }: Config): string[] {
  return [data, environment.home, '/root', '/home', ...(stateDirectory ? [stateDirectory] : [])];
}

function addressOf(address: unknown, host: string): string {
  const { port } = address as { port: number };
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Repeats work at an interval until it is disposed of; a failure waits for the next time. */
function every(milliseconds: number, work: () => Promise<void>): AsyncDisposable {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = work().catch(() => {});
  }, milliseconds);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
      await work().catch(() => {});
    },
  };
}
