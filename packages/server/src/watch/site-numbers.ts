import { stat } from 'node:fs/promises';
import type { Database } from '../db/database.ts';
import { countSite, type SiteCounts } from '../db/queries/count-site.ts';
import type { Exchanges } from '../jobs/life/exchange.ts';
import { LIMITS } from '../limits.ts';
import type { Storage } from '../storage/storage.ts';
import { lookedUp } from './looked-up.ts';

/** What is found out when somebody asks. */
export interface SiteNumbers extends Omit<SiteCounts, 'clusterIds'> {
  clusters: number;
  agentsSilent: number;
  databaseBytes: number;
  walBytes: number;
  /** Null where the store does not know. */
  freeBytes: number | null;
  /** What asking the database took. */
  seconds: number;
}

export interface SiteSources {
  database: Database;
  storage: Pick<Storage, 'freeBytes'>;
  exchanges: Pick<Exchanges, 'silentMs'>;
  /** The file of the database. */
  databasePath: string;
}

/** The numbers of the site, looked up now and then however often they are asked for. */
export function createSiteNumbers(sources: SiteSources): () => Promise<SiteNumbers> {
  /** When each cluster was seen first: an agent that was just started has had no time to speak. */
  const seenAt = new Map<string, number>();
  return lookedUp(() => look(sources, seenAt));
}

async function look(
  { database, storage, exchanges, databasePath }: SiteSources,
  seenAt: Map<string, number>,
): Promise<SiteNumbers> {
  const begun = performance.now();
  const { clusterIds, ...counts } = await countSite(database.read);
  const seconds = (performance.now() - begun) / 1000;
  const alive = new Set(clusterIds);
  for (const id of seenAt.keys()) {
    if (!alive.has(id)) {
      seenAt.delete(id);
    }
  }
  for (const id of alive) {
    if (!seenAt.has(id)) {
      seenAt.set(id, performance.now());
    }
  }
  const silentMs = (id: string) => Math.min(exchanges.silentMs(id), performance.now() - seenAt.get(id)!);
  const silent = clusterIds.filter((id) => silentMs(id) > LIMITS.silentAgentSeconds * 1000);
  return {
    ...counts,
    clusters: clusterIds.length,
    agentsSilent: silent.length,
    databaseBytes: await sizeOf(databasePath),
    walBytes: await sizeOf(`${databasePath}-wal`),
    freeBytes: await storage.freeBytes(),
    seconds,
  };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
