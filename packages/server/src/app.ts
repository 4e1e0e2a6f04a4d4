import type { MemoryControl } from '@quarry/agent/memory-control';
import type { SandboxProbe } from '@quarry/agent/sandbox';
import { createRefusals } from './access/refusals.ts';
import { systemRoutes } from './api/system/index.ts';
import type { HostGpu } from './catalog/gpus.ts';
import { writeDefaultCatalog } from './catalog/write-examples.ts';
import type { Config } from './config/config.ts';
import { findLiveClusters } from './db/queries/live-jobs.ts';
import { mount } from './http/mount.ts';
import { createRequestLog } from './http/request-log.ts';
import { endJobsOfOriginal } from './jobs/life/restored.ts';
import { takeDueSnapshots } from './jobs/snapshots/schedule.ts';
import type { Logger } from './logger.ts';
import { buildParts } from './parts.ts';
import { meansStorageFull } from './problems.ts';
import { restWhenQuiet } from './rest.ts';
import { routesOf } from './routes.ts';
import { notesOf } from './start/announce.ts';
import { openData } from './start/open-data.ts';
import { findOrigin } from './start/origin.ts';
import { createOwnerLink } from './start/owner-link.ts';
import { upkeepTasks } from './upkeep/tasks.ts';
import { startUpkeep, type Upkeep } from './upkeep/upkeep.ts';
import { Counts } from './watch/counts.ts';
import { createDoctorRuns } from './watch/doctor-runs.ts';
import { createReadiness } from './watch/readiness.ts';
import { isWatching, watchRoutes } from './watch/routes.ts';
import { createSiteNumbers } from './watch/site-numbers.ts';
import { createStoredCount } from './watch/stored.ts';
import { catalogueState, createSystemState } from './watch/system-state.ts';

/** After so long without a request the server gives memory back. */
const QUIET_MS = 10_000;

export interface App {
  url: string;
  apiKey: string;
  /** Holds that key, for its owner only. */
  keyFile: string;
  dataDir: string;
  sandbox: SandboxProbe & { mode: Config['sandbox']; network: Config['sandboxNetwork'] };
  /** Who bounds the memory of runs; null where nobody does. */
  memoryControl: MemoryControl | null;
  /** Those that jobs may have. */
  gpus: HostGpu[];
  /** A link that signs a browser in as the owner of the data directory, once. */
  signInLink(): Promise<string>;
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
  const site = createSiteNumbers({ database, storage, exchanges, databasePath: paths.database });
  const allTasks = () => [...(upkeep?.records() ?? []), ...background.records()];
  const doctor = cleanup.use(createDoctorRuns({ paths, environment: config.environment, clock, logger }));
  const { scheduler } = parts;
  const system = {
    ...{ database, clock, paths, scheduler, exchanges, catalog: data.catalog, doctor, site },
    startedAt: clock.now(),
    stored: stored.latest,
    tasks: allTasks,
    settings: config.inEffect,
  };
  const forKeepers = systemRoutes({
    state: createSystemState(system),
    doctor,
    rereadCatalogue: async () => {
      await data.catalog.reread();
      return catalogueState(system);
    },
  });
  const watching = watchRoutes({
    readiness,
    metricsToken: config.metricsToken,
    sources: {
      counts,
      inFlight: () => requests.inFlight,
      site,
      stored: stored.latest,
      exchanges,
      tasks: allTasks,
    },
  });
  const http = mount({
    routes: [...routesOf(config, parts, data), ...forKeepers, ...watching],
    authenticator,
    logger,
    requests,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    hostNames: config.hostNames,
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
  const { clusterSite } = parts;
  const restored = await endJobsOfOriginal({ database, clock, site: clusterSite, logger, isCopy });
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
  // Before the shares in them, which are within what they hold.
  await parts.keeper.resume({ isCopy });
  await reconciler.resume(restored.toEnd);
  parts.keeper.start();
  reconciler.start();
  await parts.snapshots.resume();
  await parts.tasks.start();
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
    sessions: parts.sessions,
    logger,
    reserve: data.reserve,
    startSpace: data.startSpace,
    directories: parts.directories,
    agentDirectories: parts.agentDirectories,
    deliveries: parts.deliveries,
    deviceDirectories: parts.deviceDirectories,
    deviceQuotas: parts.deviceQuotas,
    keptDirectories: parts.keptDirectories,
    paths,
    inheritedClusters: inherited,
    unwrittenNotes: unwritten,
    tasks: parts.tasks,
    takeDueSnapshots: () => takeDueSnapshots({ database, clock, snapshots: parts.snapshots }),
    rememberOrigin: () => origin.remember(),
    writeExamples: () => writeDefaultCatalog(paths.catalog, data.host),
  });
  upkeep = cleanup.use(startUpkeep({ tasks: [...tasks, stored.task], clock, logger }));
  readiness.setServing(true);
  // The first thing of a stop, so that a proxy sends nobody here any more.
  cleanup.defer(() => readiness.setServing(false));
  void upkeep.firstRuns.then(() => rest.now());
  if (config.buildsPortal) {
    void parts.portal.build.begin();
  }

  const resources = cleanup.move();
  return {
    url,
    apiKey,
    keyFile: paths.ownerKey,
    dataDir: config.data,
    sandbox: { ...data.sandbox, mode: config.sandbox, network: config.sandboxNetwork },
    memoryControl: data.memoryControl,
    gpus: data.gpus,
    signInLink: () =>
      createOwnerLink({ database, clock, authenticator }, { apiKey, baseUrl: config.publicUrl ?? url }),
    close: () => resources.disposeAsync(),
  };
}

function addressOf(address: unknown, host: string): string {
  const { port } = address as { port: number };
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
