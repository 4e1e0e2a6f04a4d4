import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { meansStorageFull } from '../problems.ts';
import type { Storage } from '../storage/storage.ts';

/** Whether the server can do its work; why not is for the log alone. */
export interface Readiness {
  /** To be called when the start is over, and again with false when the stop begins. */
  setServing(isServing: boolean): void;
  isReady(): Promise<boolean>;
}

export interface ReadinessSources {
  database: Database;
  storage: Pick<Storage, 'freeBytes'>;
  /** The file of the database. */
  databasePath: string;
  logger: Logger;
}

/** Looks at most once a second, however often it is asked. */
export function createReadiness(sources: ReadinessSources): Readiness {
  const { logger } = sources;
  let isServing = false;
  let wasReady = true;
  let latest: Promise<boolean> | null = null;
  let holdsUntil = 0;

  async function look(): Promise<boolean> {
    let reason: unknown = null;
    try {
      await examine(sources);
    } catch (error) {
      reason = error;
    }
    const isReady = reason === null;
    if (isReady && !wasReady) {
      logger.info('the server is ready again');
    }
    if (!isReady && wasReady) {
      logger.error({ err: reason }, 'the server is not ready');
    }
    wasReady = isReady;
    holdsUntil = performance.now() + LIMITS.readinessSeconds * 1000;
    return isReady;
  }

  return {
    setServing: (now) => {
      isServing = now;
    },
    async isReady() {
      if (!isServing) {
        return false;
      }
      if (latest === null || performance.now() >= holdsUntil) {
        holdsUntil = Number.POSITIVE_INFINITY;
        latest = look();
      }
      return latest;
    },
  };
}

/** Rejects with what is wrong. A full disk is not: what is there can be read, and deleted, which makes room. */
async function examine({ database, storage, databasePath }: ReadinessSources): Promise<void> {
  // Of a file that was removed, SQLite would go on with what nobody can find again.
  await stat(databasePath);
  await storage.freeBytes();
  await withinTime(database.read.selectFrom('workspaces').select('id').limit(1).execute());
  await withinTime(database.write(async () => undefined)).catch((error) => {
    if (!meansStorageFull(error)) {
      throw error;
    }
  });
}

async function withinTime(work: Promise<unknown>): Promise<void> {
  const inTime = new AbortController();
  const { signal } = inTime;
  const late = sleep(LIMITS.readinessWaitSeconds * 1000, 'late', { signal, ref: false }).catch(() => null);
  // It may still fail after nobody waits for it any more.
  work.catch(() => undefined);
  try {
    if ((await Promise.race([work, late])) === 'late') {
      throw new Error(`The database did not answer within ${LIMITS.readinessWaitSeconds} seconds.`);
    }
  } finally {
    inTime.abort();
  }
}
