import { fileURLToPath } from 'node:url';
import { createAuthenticator } from './access/authenticate.ts';
import { PasswordTries } from './access/password-tries.ts';
import { Passwords } from './access/passwords.ts';
import { Sessions } from './access/sessions.ts';
import { Tickets } from './access/tickets.ts';
import { ByteBudget } from './api/files/byte-budget.ts';
import { createUploads } from './api/uploads/index.ts';
import type { Config } from './config/config.ts';
import { findDevicesOfJob } from './db/queries/device-jobs.ts';
import { Deliveries } from './deliveries/deliveries.ts';
import { createDeviceDirectories } from './devices/directories.ts';
import { createDeviceQuotas } from './devices/quota/quotas.ts';
import { createDeviceRoom } from './devices/room.ts';
import { createDeviceSizes } from './devices/sizes.ts';
import { collectDeleted } from './files/lifetime.ts';
import { LineIndexes } from './files/line-index.ts';
import { ClusterKeeper } from './jobs/clusters/keeper.ts';
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
import { runLimits, runMemory } from './jobs/life/run-limits.ts';
import { Assigner, visiblePathsOf } from './jobs/runs/assignment.ts';
import { createCollector } from './jobs/runs/collect.ts';
import { Snapshots } from './jobs/snapshots/snapshots.ts';
import { endByPlatform } from './jobs/verbs/end-by-platform.ts';
import { LIMITS } from './limits.ts';
import type { Logger } from './logger.ts';
import { createPortalBuild } from './portal/build.ts';
import { BuiltPortal } from './portal/built.ts';
import { builtIn, PORTAL_DIRECTORY } from './portal/sources.ts';
import { createLocalScheduler } from './schedulers/local/local.ts';
import { compileCacheVariables } from './start/compile-cache.ts';
import type { OpenData } from './start/open-data.ts';
import { PartDigester } from './storage/part-digests.ts';
import { kindsOfTasks } from './tasks/kinds.ts';
import { TaskRunner } from './tasks/runner.ts';

/** What executes jobs and what the endpoints are made of. */
export function buildParts(
  config: Config,
  logger: Logger,
  {
    paths,
    clock,
    background,
    secret,
    database,
    storage,
    catalog,
    hiddenPaths,
    gpus,
    agentDirectory,
  }: OpenData,
  serverUrl: () => string,
  cleanup: AsyncDisposableStack,
) {
  const agentMain = fileURLToPath(import.meta.resolve('@quarry/agent/main'));
  const scheduler = cleanup.use(
    createLocalScheduler({
      cores: config.cores,
      isStandIn: config.standIn,
      gpus,
      agentMain,
      agentPrefix: config.agentPrefix,
      agentDirectory: agentDirectory?.clusters ?? null,
      serverUrl,
      looking: background.task('look for ended agents'),
      environment: () => ({
        PATH: config.environment.path,
        HOME: config.environment.home,
        LANG: 'C.UTF-8',
        ...(agentDirectory === null
          ? compileCacheVariables()
          : { NODE_COMPILE_CACHE: agentDirectory.compileCache }),
      }),
    }),
  );
  const tokens = new AgentTokens(secret);
  const tickets = new Tickets(clock);
  const sessions = new Sessions({
    database,
    clock,
    idleHours: config.sessionIdleHours,
    days: config.sessionDays,
  });
  const passwords = new Passwords();
  const passwordTries = new PasswordTries({
    onMany: (address) => logger.warn({ address }, 'many wrong passwords come from an address'),
  });
  const authenticator = createAuthenticator({
    database,
    clock,
    tickets,
    sessions,
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
  const agentDirectories =
    agentDirectory && createClusterDirectories({ directory: agentDirectory.clusters, database, logger });
  const deviceDirectories = createDeviceDirectories({ directory: paths.devices, database, logger });
  const deviceQuotas = createDeviceQuotas({
    directory: paths.devices,
    directories: deviceDirectories,
    projects: config.storageQuotaProjects,
    database,
    logger,
  });
  const starter = new ClusterStarter({
    database,
    scheduler,
    tokens,
    sandbox: { mode: config.sandbox, hiddenPaths, network: config.sandboxNetwork },
    visiblePathsOf: (jobId) => visiblePathsOf(definitions, catalog.current, jobId),
    devicesOf: async (jobId) => {
      const devices = await findDevicesOfJob(database.read, jobId);
      return devices.map(({ id, isUsable, isHeld }) => {
        deviceSizes.touch(id);
        return { id, path: isUsable ? deviceDirectories.contentOf(id) : '', ...(isHeld && { isHeld }) };
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
    clustersDirectory: paths.clusters,
  });
  const deliveries = new Deliveries({ database, storage, clock, logger });
  const keeper = cleanup.use(
    new ClusterKeeper({
      database,
      clock,
      scheduler,
      directories,
      logger,
      clustersDirectory: paths.clusters,
      keeping: background.task('persistent clusters'),
      silentMs: (shareId) => exchanges.silentMs(shareId),
      perform: (applied) => engine.perform(applied),
      schedule: () => engine.schedule(),
    }),
  );
  const engine: Engine = cleanup.use(
    new Engine({
      database,
      clock,
      scheduler,
      starter,
      tokens,
      directories,
      deliveries,
      clustersDirectory: paths.clusters,
      authenticator,
      jobChanges,
      logger,
      keeper,
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
      quotas: deviceQuotas,
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
    agentDirectory: scheduler.agentDirectory,
    schedulerName: scheduler.name,
    lostRunDays: config.lostRunDays,
  };
  const keptDirectories = cleanup.use(
    createKeptDirectories({ database, clock, logger, directories, site: clusterSite }),
  );
  const onDiscarded = keptDirectories.remove;
  const collector = createCollector({ storage, deliveries, logger });
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
      agents: { askOfFiles: (clusterId, wanted) => exchanges.requests.askOfFiles(clusterId, wanted) },
    }),
  );
  const exchanges: Exchanges = new Exchanges({
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
  const ending: { signal: AbortSignal; abort(): void } = new AbortController();
  cleanup.defer(() => ending.abort());
  const files = {
    database,
    storage,
    clock,
    logger,
    partDigester: cleanup.use(new PartDigester({ atOnce: LIMITS.partDigestsAtOnce })),
    lineIndexes: new LineIndexes(),
    bulkMemory: new ByteBudget(LIMITS.bulkMemoryBytes),
    uploadBytes: LIMITS.uploadBytes,
    linesBytes: LIMITS.linesBytes,
  };
  const uploads = createUploads(files);
  const taskParts = { database, storage, clock, logger, deviceDirectories, deviceRoom, deviceSizes };
  const taskKinds = kindsOfTasks(taskParts);
  const tasks = cleanup.use(
    new TaskRunner({
      ...taskParts,
      kinds: taskKinds,
      working: background.task('tasks of users'),
    }),
  );
  const portalBuild = cleanup.use(createPortalBuild({ logger, environment: config.environment }));
  const portal = {
    built: new BuiltPortal(config.portalFiles ?? builtIn(PORTAL_DIRECTORY)),
    buildState: () => portalBuild.state,
    build: portalBuild,
  };
  return {
    logger,
    scheduler,
    authenticator,
    tickets,
    sessions,
    passwords,
    passwordTries,
    jobChanges,
    feed,
    directories,
    agentDirectories,
    deliveries,
    starter,
    deviceDirectories,
    deviceQuotas,
    deviceSizes,
    deviceRoom,
    engine,
    exchanges,
    keeper,
    reconciler,
    clusterSite,
    keptDirectories,
    files,
    uploads,
    portal,
    ending: ending.signal,
    snapshots,
    tasks,
    taskKinds,
  };
}

export type Parts = ReturnType<typeof buildParts>;
