import { readFile, statfs } from 'node:fs/promises';
import { hostname, release, type } from 'node:os';
import { type CatalogueState, MAX_SYSTEM_ENTRIES, type SystemState } from '@quarry/contract';
import type { LiveCatalog } from '../catalog/open-catalog.ts';
import { type Clock, type Instant, secondsBetween } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import type { StoredBytes } from '../db/queries/count-site.ts';
import { findOwnersOfClusters, findQueue } from '../db/queries/find-queue.ts';
import type { Exchanges } from '../jobs/life/exchange.ts';
import { LIMITS } from '../limits.ts';
import type { ClusterUse, Scheduler } from '../schedulers/scheduler.ts';
import type { DataPaths } from '../start/paths.ts';
import type { DatabaseCheck } from '../upkeep/check-database.ts';
import type { TaskRecord } from '../upkeep/task-record.ts';
import { VERSION } from '../version.ts';
import type { DoctorRuns } from './doctor-runs.ts';
import { lookedUp } from './looked-up.ts';
import type { SiteNumbers } from './site-numbers.ts';

const QUEUE_HOLDS = { seconds: 1, times: 10 };

export interface SystemSources {
  database: Database;
  clock: Clock;
  paths: Pick<DataPaths, 'data' | 'databaseCheck' | 'catalog'>;
  /** When this server was started. */
  startedAt: Instant;
  site: () => Promise<SiteNumbers>;
  stored: () => StoredBytes | null;
  tasks: () => TaskRecord[];
  scheduler: Pick<Scheduler, 'use'>;
  exchanges: Pick<Exchanges, 'silentMs'>;
  catalog: Pick<LiveCatalog, 'current' | 'lastRead'>;
  doctor: Pick<DoctorRuns, 'latest'>;
  settings: Config['inEffect'];
}

/** How the platform is, for whoever keeps it. */
export function createSystemState(sources: SystemSources): () => Promise<SystemState> {
  // People look at it and wait for it to change: it may take a tenth of the time.
  const queue = lookedUp(() => findQueue(sources.database.read, MAX_SYSTEM_ENTRIES), QUEUE_HOLDS);
  return async () => {
    const { clock, paths, startedAt, scheduler, settings } = sources;
    const { total, clusters } = scheduler.use();
    const [site, waiting, inUse, disk, check] = await Promise.all([
      sources.site(),
      queue(),
      describeClusters(sources, clusters.slice(0, MAX_SYSTEM_ENTRIES)),
      statfs(paths.data).catch(() => null),
      readCheck(paths.databaseCheck),
    ]);
    const date = clock.now();
    return {
      date,
      dateStarted: startedAt,
      uptimeSeconds: Math.max(0, secondsBetween(startedAt, date)),
      versions: {
        quarry: VERSION,
        node: process.versions.node,
        sqlite: process.versions.sqlite ?? '',
        system: `${type()} ${release()}`,
      },
      hostname: hostname(),
      cores: { total: total.cores, used: sum(clusters, ({ cores }) => cores) },
      gpus: { total: total.gpus, used: sum(clusters, ({ gpus }) => gpus) },
      coreTypes: byCoreType(clusters),
      queue: {
        count: waiting.count,
        entries: waiting.entries.map((row) => ({ ...row, waiting: row.waiting && JSON.parse(row.waiting) })),
      },
      clusters: { count: clusters.length, silentAgents: site.agentsSilent, entries: inUse },
      disk: {
        directory: paths.data,
        totalBytes: disk && disk.blocks * disk.bsize,
        freeBytes: site.freeBytes,
        lowBytes: LIMITS.lowSpaceBytes,
        reserveBytes: LIMITS.reserveBytes,
        storedBytes: sources.stored()?.bytes ?? null,
      },
      database: {
        bytes: site.databaseBytes,
        walBytes: site.walBytes,
        dateChecked: check?.at ?? null,
        problems: check?.problems ?? null,
      },
      counts: {
        files: site.files,
        uploadsOpen: site.uploadsOpen,
        userTasks: sum(site.tasks, ({ count }) => count),
        runsPlanned: site.runsPlanned,
      },
      tasks: sources.tasks().map(({ lastRun, lastSuccess, ...task }) => ({
        ...task,
        dateLastRun: lastRun,
        dateLastSuccess: lastSuccess,
      })),
      catalogue: catalogueState(sources),
      doctor: await sources.doctor.latest(),
      settings: settings.map((setting) => ({ ...setting })),
    };
  };
}

export function catalogueState({ catalog, paths }: Pick<SystemSources, 'catalog' | 'paths'>): CatalogueState {
  const { current, lastRead } = catalog;
  return {
    directory: paths.catalog,
    dateRead: lastRead.at,
    coreTypes: current.coreTypes.length,
    analyses: current.analyses.length,
    problems: lastRead.problems.map((problem) => ({ ...problem })),
  };
}

async function describeClusters(
  { database, exchanges }: SystemSources,
  clusters: readonly ClusterUse[],
): Promise<SystemState['clusters']['entries']> {
  const owners = await findOwnersOfClusters(
    database.read,
    clusters.map(({ clusterId }) => clusterId),
  );
  return clusters.flatMap(({ clusterId, coreType, cores, isAlive }) => {
    const about = owners.get(clusterId);
    // One that has ended a moment ago and was deleted.
    if (about === undefined) {
      return [];
    }
    const { jobId, name, owner } = about;
    const silentSeconds = jobId === null ? null : Math.round(exchanges.silentMs(clusterId)) / 1000;
    return [{ id: clusterId, jobId, name, owner, coreType, cores, isAlive, silentSeconds }];
  });
}

function byCoreType(clusters: readonly ClusterUse[]): SystemState['coreTypes'] {
  return [...Map.groupBy(clusters, ({ coreType }) => coreType)].map(([code, these]) => ({
    code,
    clusters: these.length,
    coresUsed: sum(these, ({ cores }) => cores),
    gpusUsed: sum(these, ({ gpus }) => gpus),
  }));
}

function sum<Each>(list: readonly Each[], of: (each: Each) => number): number {
  return list.reduce((total, each) => total + of(each), 0);
}

async function readCheck(path: string): Promise<DatabaseCheck | null> {
  return readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as DatabaseCheck,
    () => null,
  );
}
