import { fileURLToPath } from 'node:url';
import type { MemoryControl } from '@quarry/agent/memory-control';
import type { SandboxProbe } from '@quarry/agent/sandbox';
import { createAuthenticator } from './access/authenticate.ts';
import { createRefusals } from './access/refusals.ts';
import { Tickets } from './access/tickets.ts';
import { agentRoutes } from './api/agent/index.ts';
import { archiveRoutes } from './api/archives/index.ts';
import { catalogRoutes } from './api/catalog/index.ts';
import { clusterRoutes } from './api/clusters/index.ts';
import { eventRoutes } from './api/events/index.ts';
import { eventsLogRoutes } from './api/events-log/index.ts';
import { ByteBudget } from './api/files/byte-budget.ts';
import { fileRoutes } from './api/files/index.ts';
import type { JobsContext } from './api/jobs/context.ts';
import { jobRoutes } from './api/jobs/index.ts';
import { createFollowSlots, createWaitSlots } from './api/jobs/wait-slots.ts';
import { keyRoutes } from './api/keys/index.ts';
import { projectRoutes } from './api/projects/index.ts';
import { runRoutes } from './api/runs/index.ts';
import { serverRoutes } from './api/server/index.ts';
import { deviceRoutes } from './api/storage-devices/index.ts';
import { sweepRoutes } from './api/sweeps/index.ts';
import { taskRoutes } from './api/tasks/index.ts';
import { createUploads } from './api/uploads/index.ts';
import { userRoutes } from './api/users/index.ts';
import type { HostGpu } from './catalog/gpus.ts';
import { writeDefaultCatalog } from './catalog/write-examples.ts';
import type { Config } from './config/config.ts';
import { findDevicesOfJob } from './db/queries/device-jobs.ts';
import { findLiveClusters } from './db/queries/live-jobs.ts';
import { createDeviceDirectories } from './devices/directories.ts';
import { createDeviceRoom } from './devices/room.ts';
import { createDeviceSizes } from './devices/sizes.ts';
import { collectDeleted } from './files/lifetime.ts';
import { readBytes } from './files/open-bytes.ts';
import { mount } from './http/mount.ts';
import { createRequestLog } from './http/request-log.ts';
import type { Route } from './http/route.ts';
import { createDefinitions } from './jobs/definition/definitions.ts';
import { AgentTokens } from './jobs/life/agent-tokens.ts';
import { createClusterDirectories } from './jobs/life/cluster-directories.ts';
import { ClusterStarter } from './jobs/life/cluster-starter.ts';
import { Engine } from './jobs/life/engine.ts';
import { createEventFeed } from './jobs/life/event-feed.ts';
import { Exchanges } from './jobs/life/exchange.ts';
import { createJobChanges } from './jobs/life/job-changes.ts';
import { createKeptDirectories } from './jobs/life/kept-directories.ts';
import { Reconciler } from './jobs/life/reconcile.ts';
import { endJobsOfOriginal } from './jobs/life/restored.ts';
import { runLimits, runMemory } from './jobs/life/run-limits.ts';
import { Assigner, visiblePathsOf } from './jobs/runs/assignment.ts';
import { createCollector } from './jobs/runs/collect.ts';
import { takeDueSnapshots } from './jobs/snapshots/schedule.ts';
import { Snapshots } from './jobs/snapshots/snapshots.ts';
import { endByPlatform } from './jobs/verbs/end-by-platform.ts';
import { LIMITS } from './limits.ts';
import type { Logger } from './logger.ts';
import { portalRoutes } from './portal/routes.ts';
import { meansStorageFull } from './problems.ts';
import { restWhenQuiet } from './rest.ts';
import { createDirectRunFiles } from './run-files/direct.ts';
import { Follows } from './run-files/follow.ts';
import { createLocalScheduler } from './schedulers/local/local.ts';
import { notesOf } from './start/announce.ts';
import { compileCacheVariables } from './start/compile-cache.ts';
import { type OpenData, openData } from './start/open-data.ts';
import { findOrigin } from './start/origin.ts';
import { PartDigester } from './storage/part-digests.ts';
import { upkeepTasks } from './upkeep/tasks.ts';
import { startUpkeep, type Upkeep } from './upkeep/upkeep.ts';
import { VERSION } from './version.ts';
import { Counts } from './watch/counts.ts';
import { createReadiness } from './watch/readiness.ts';
import { isWatching, watchRoutes } from './watch/routes.ts';
import { createSiteNumbers } from './watch/site-numbers.ts';
import { createStoredCount } from './watch/stored.ts';

/** After so long without a request the server gives memory back. */
const QUIET_MS = 10_000;

export interface App {
  url: string;
  apiKey: string;
  dataDir: string;
  sandbox: SandboxProbe & { mode: Config['sandbox']; network: Config['sandboxNetwork'] };
  /** Who bounds the memory of runs; null where nobody does. */
  memoryControl: MemoryControl | null;
  /** Those that jobs may have. */
  gpus: HostGpu[];
  close(): Promise<void>;
}

/** Builds the platform, each thing once and in order, and starts it. What was opened is closed in reverse. */
export async function startApp(config: Config, logger: Logger): Promise<App> {
  await using cleanup = new AsyncDisposableStack();
  const counts = new Counts();
  let ring = () => {};
  const data = await openData(config, logger, cleanup, (commit) => {
    counts.noteCommit(commit);
    ring();
  });
  const { paths, clock, database, storage, background, apiKey } = data;
  let url = '';
  const parts = buildParts(config, logger, data, () => url, cleanup);
  const { authenticator, jobChanges, feed, exchanges, reconciler, uploads } = parts;
  ring = feed.ring;
  const requests = createRequestLog(logger);
  const refusals = createRefusals({ database, clock, logger });
  requests.onEnd((record) => {
    counts.noteRequest(record);
    const { caller, route, method, status, id } = record;
    if (status === 403 && caller && route) {
      void refusals({ caller, route, method, requestId: id });
    }
  });
  const readiness = createReadiness({ database, storage, logger, databasePath: paths.database });
  const stored = createStoredCount(database);
  // The tasks start when all else has.
  let upkeep: Upkeep | null = null;
  const watching = watchRoutes({
    readiness,
    metricsToken: config.metricsToken,
    sources: {
      counts,
      inFlight: () => requests.inFlight,
      site: createSiteNumbers({ database, storage, exchanges, databasePath: paths.database }),
      stored: stored.latest,
      exchanges,
      tasks: () => [...(upkeep?.records() ?? []), ...background.records()],
    },
  });
  const http = mount({
    routes: [...routesOf(config, parts, data), ...watching],
    authenticator,
    logger,
    requests,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    requestSeconds: config.requestSeconds,
    compress: config.compress,
  });
  cleanup.defer(() => uploads.whenIdle());
  cleanup.defer(async () => {
    exchanges.releaseAll();
    jobChanges.close();
    feed.close();
    // Those who waited get what there is before their connections are closed.
    await new Promise((resolve) => setImmediate(resolve));
    await http.close();
  });

  let asked = 0;
  http.server.on('request', ({ url }) => {
    if (!isWatching(url)) {
      asked += 1;
    }
  });
  const rest = cleanup.use(
    restWhenQuiet({
      activity: () => asked,
      resting: background.task('giving memory back'),
      release: () => database.releaseMemory(),
      quietMs: QUIET_MS,
    }),
  );
  const inherited = new Set((await findLiveClusters(database.read)).map(({ clusterId }) => clusterId));
  const origin = await findOrigin(paths);
  const isCopy = origin.isCopy || config.isRestored;
  const { clusterSite: site } = parts;
  const restored = await endJobsOfOriginal({ database, clock, site, logger, isCopy });
  await origin.remember().catch((error) => {
    // Then it is written when there is space.
    if (!meansStorageFull(error)) {
      throw error;
    }
  });
  parts.engine.perform(restored.applied);
  await reconciler.expectAgents();
  await parts.deviceDirectories.noteLeftBehind();
  await http.listen({ host: config.host, port: config.port });
  url = addressOf(http.server.address(), config.host);
  await reconciler.resume(restored.toEnd);
  reconciler.start();
  await parts.snapshots.resume();
  const notes = notesOf(
    { url, dataDir: config.data, pid: process.pid, keyFile: paths.ownerKey, startedAt: clock.now() },
    { serverFile: paths.serverFile, stateDirectory: config.stateDirectory },
  );
  cleanup.defer(() => notes.withdraw());
  // A full disk is no reason not to serve: then they are written when there is space.
  const unwritten = await notes.write().then(
    () => null,
    (error) => {
      if (!meansStorageFull(error)) {
        throw error;
      }
      return notes;
    },
  );
  const tasks = upkeepTasks({
    database,
    storage,
    clock,
    uploads,
    authenticator,
    logger,
    reserve: data.reserve,
    startSpace: data.startSpace,
    directories: parts.directories,
    deviceDirectories: parts.deviceDirectories,
    keptDirectories: parts.keptDirectories,
    paths,
    inheritedClusters: inherited,
    unwrittenNotes: unwritten,
    takeDueSnapshots: () => takeDueSnapshots({ database, clock, snapshots: parts.snapshots }),
    rememberOrigin: () => origin.remember(),
    writeExamples: () => writeDefaultCatalog(paths.catalog, data.host),
  });
  upkeep = cleanup.use(startUpkeep({ tasks: [...tasks, stored.task], clock, logger }));
  readiness.setServing(true);
  // The first thing of a stop, so that a proxy sends nobody here any more.
  cleanup.defer(() => readiness.setServing(false));
  void upkeep.firstRuns.then(() => rest.now());

  const resources = cleanup.move();
  return {
    url,
    apiKey,
    dataDir: config.data,
    sandbox: { ...data.sandbox, mode: config.sandbox, network: config.sandboxNetwork },
    memoryControl: data.memoryControl,
    gpus: data.gpus,
    close: () => resources.disposeAsync(),
  };
}

/** What executes jobs and what the endpoints are made of. */
function buildParts(
  config: Config,
  logger: Logger,
  { paths, clock, background, secret, database, storage, catalog, hiddenPaths, gpus }: OpenData,
  serverUrl: () => string,
  cleanup: AsyncDisposableStack,
) {
  const agentMain = fileURLToPath(import.meta.resolve('@quarry/agent/main'));
  const scheduler = cleanup.use(
    createLocalScheduler({
      cores: config.cores,
      gpus,
      agentMain,
      looking: background.task('look for ended agents'),
      environment: () => ({
        PATH: config.environment.path,
        HOME: config.environment.home,
        LANG: 'C.UTF-8',
        ...compileCacheVariables(),
      }),
    }),
  );
  const tokens = new AgentTokens(secret);
  const tickets = new Tickets(clock);
  const authenticator = createAuthenticator({
    database,
    clock,
    tickets,
    clusterOfToken: (hash) => tokens.clusterOf(hash),
    onManyWrongKeys: (address) => logger.warn({ address }, 'many wrong keys come from an address'),
  });
  const jobChanges = createJobChanges();
  const looking = background.task('look for what is new');
  const feed = cleanup.use(createEventFeed({ database, jobChanges, looking }));
  authenticator.onRevoked(() => {
    jobChanges.tellAll();
    feed.wakeAll();
  });
  const definitions = createDefinitions(database.read);
  const limits = runLimits(config);
  if (limits.openFiles! < config.openFilesPerRun && config.openFilesPerRun !== LIMITS.openFilesPerRun) {
    logger.warn(
      `open_files_per_run is ${config.openFilesPerRun}, but this server may have no more than ${limits.openFiles} files open, nor may what it starts: raise LimitNOFILE (ulimit -Hn).`,
    );
  }
  const directories = createClusterDirectories({ directory: paths.clusters, database, logger });
  const deviceDirectories = createDeviceDirectories({ directory: paths.devices, database, logger });
  const starter = new ClusterStarter({
    database,
    scheduler,
    tokens,
    sandbox: { mode: config.sandbox, hiddenPaths, network: config.sandboxNetwork },
    visiblePathsOf: (jobId) => visiblePathsOf(definitions, catalog.current, jobId),
    devicesOf: async (jobId) => {
      const devices = await findDevicesOfJob(database.read, jobId);
      return devices.map(({ id }) => {
        deviceSizes.touch(id);
        return { id, path: deviceDirectories.contentOf(id) };
      });
    },
    limits,
    memoryBytesOf: ({ coreType, coresPerSlot }) =>
      runMemory(catalog.current.coreType(coreType), {
        coresPerSlot,
        memoryLimitPercent: config.memoryLimitPercent,
      }),
    ssh: config.ssh,
    serverUrl,
    serverFile: paths.serverFile,
  });
  const engine = cleanup.use(
    new Engine({
      database,
      clock,
      scheduler,
      starter,
      tokens,
      directories,
      authenticator,
      jobChanges,
      logger,
      scheduling: background.task('scheduling'),
      telling: background.task('starting jobs after others'),
    }),
  );
  const deviceRoom = createDeviceRoom();
  const deviceSizes = cleanup.use(
    createDeviceSizes({
      database,
      clock,
      logger,
      directories: deviceDirectories,
      onMeasured: (deviceId) => deviceRoom.measured(deviceId),
      endJobs: async (jobIds, failure) => {
        for (const jobId of jobIds) {
          const applied = await database.write(
            (queries) => endByPlatform({ queries, clock }, jobId, failure),
            {
              mayUseReserve: true,
            },
          );
          engine.perform(applied === null ? [] : [applied]);
        }
      },
      measuring: background.task('sizes of storage devices'),
    }),
  );
  const assigner = new Assigner({
    database,
    definitions,
    platform: () => ({
      catalog: catalog.current,
      secret,
      url: config.publicUrl ?? serverUrl(),
      name: 'quarry',
      storage,
    }),
  });
  const clusterSite = {
    clustersDirectory: paths.clusters,
    schedulerName: scheduler.name,
    lostRunDays: config.lostRunDays,
  };
  const keptDirectories = cleanup.use(
    createKeptDirectories({ database, clock, logger, directories, site: clusterSite }),
  );
  const onDiscarded = keptDirectories.remove;
  const collector = createCollector({ storage, logger });
  const snapshots = cleanup.use(
    new Snapshots({
      database,
      clock,
      storage,
      logger,
      definitions,
      jobChanges,
      directory: paths.snapshots,
      fileBytes: config.outputFileBytes,
      making: background.task('snapshots'),
    }),
  );
  const exchanges = new Exchanges({
    database,
    clock,
    definitions,
    engine,
    assigner,
    collector,
    site: clusterSite,
    onEnding: (jobId, runs) => snapshots.endOf(jobId, runs),
    onDiscarded,
    usageSampleSeconds: config.usageSampleSeconds,
    onUsageLost: (error) => logger.warn({ err: error }, 'what runs use was not recorded'),
    onUnwanted: (digests) => void collectDeleted({ database, storage, clock, logger }, digests),
  });
  const reconciler = cleanup.use(
    new Reconciler({
      database,
      clock,
      engine,
      tokens,
      exchanges,
      scheduler,
      logger,
      site: clusterSite,
      onDiscarded,
      comparing: background.task('reconciliation'),
    }),
  );
  const ending = new AbortController();
  cleanup.defer(() => ending.abort());
  const files = {
    database,
    storage,
    clock,
    logger,
    partDigester: cleanup.use(new PartDigester({ atOnce: LIMITS.partDigestsAtOnce })),
    bulkMemory: new ByteBudget(LIMITS.bulkMemoryBytes),
    uploadBytes: LIMITS.uploadBytes,
    linesBytes: LIMITS.linesBytes,
  };
  const uploads = createUploads(files);
  return {
    logger,
    scheduler,
    authenticator,
    tickets,
    jobChanges,
    feed,
    directories,
    deviceDirectories,
    deviceSizes,
    deviceRoom,
    engine,
    exchanges,
    reconciler,
    clusterSite,
    keptDirectories,
    files,
    uploads,
    ending: ending.signal,
    snapshots,
  };
}

function routesOf(config: Config, parts: Parts, data: OpenData): Route[] {
  const { clock, database, catalog } = data;
  const { authenticator, feed, exchanges, files, tickets, uploads } = parts;
  const jobs = jobsContext(config, parts, data);
  const { waitSlots } = jobs;
  const people = { database, clock, authenticator, maxJobHours: config.maxJobHours };
  return [
    ...serverRoutes(VERSION, data.memoryControl?.kind ?? 'none'),
    ...userRoutes(people),
    ...keyRoutes(people),
    ...projectRoutes(people),
    ...catalogRoutes({ catalog: () => catalog.current }),
    ...fileRoutes(files),
    ...archiveRoutes({ ...files, tickets }),
    ...uploads.routes,
    ...jobRoutes(jobs),
    ...sweepRoutes({ database }),
    ...runRoutes(jobs),
    ...taskRoutes(jobs),
    ...clusterRoutes(jobs),
    ...deviceRoutes({
      database,
      domain: { clock, directories: parts.deviceDirectories },
      sizes: parts.deviceSizes,
      room: parts.deviceRoom,
      files,
      jobs,
      ending: parts.ending,
    }),
    ...eventsLogRoutes({ database }),
    ...eventRoutes({ database, clock, feed, waitSlots }),
    ...agentRoutes({ exchanges, database }),
    ...portalRoutes(VERSION),
  ];
}

function jobsContext(
  config: Config,
  { logger, scheduler, engine, exchanges, jobChanges, clusterSite, keptDirectories, snapshots }: Parts,
  { clock, secret, database, storage, catalog, sandbox }: OpenData,
): JobsContext {
  return {
    database,
    engine,
    jobChanges,
    waitSlots: createWaitSlots(),
    files: { read: database.read, storage, logger, jobChanges, runFiles: createDirectRunFiles() },
    follows: new Follows(),
    agentRequests: exchanges.requests,
    followSlots: createFollowSlots(),
    snapshots,
    hasSsh: config.ssh !== null,
    domain: {
      clock,
      secret,
      catalog: () => catalog.current,
      readAttached: (file) => readBytes({ storage, logger }, file),
      site: {
        requiresProject: config.requiresProject,
        maxJobHours: config.maxJobHours,
        hasSandbox: sandbox.available,
        ...clusterSite,
        grantedSlots: (wish) => scheduler.grant(wish),
      },
    },
    clearAway: async ({ unwanted, discarded }) => {
      keptDirectories.remove(discarded);
      await collectDeleted({ database, storage, clock, logger }, unwanted);
    },
  };
}

type Parts = ReturnType<typeof buildParts>;

function addressOf(address: unknown, host: string): string {
  const { port } = address as { port: number };
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
