import { setImmediate as letOthersRun, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { giveUpBlob, listKeptBlobs, pickUnwanted } from '../db/queries/files-blobs.ts';
import type { Logger } from '../logger.ts';
import type { Storage } from '../storage/storage.ts';

const AT_ONCE = 500;
/** So many are given up side by side, in a transaction that they share. */
const SIDE_BY_SIDE = 100;
/** Whoever has deleted something sees its bytes go for so long. */
const WAIT_MS = 2000;

export interface CollectOptions {
  database: Database;
  storage: Storage;
  clock: Clock;
}

/**
 * Removes the bytes of one digest, unless a living file points to them or somebody holds them. The store asks
 * the database while nobody can bring the same bytes anew, and whoever holds them is about to write a row.
 */
export async function collectBlob(options: CollectOptions, sha512: string): Promise<boolean> {
  const { database, storage, clock } = options;
  return await storage.remove(sha512, {
    confirm: () =>
      database.write((queries) => giveUpBlob(queries, sha512, clock.now()), { mayUseReserve: true }),
  });
}

/**
 * Removes the bytes of files that have been deleted, as `collectBlob` does for each. Resolves when they are gone; of
 * very many the rest go after that. Those that cannot be removed are left to the next start.
 */
export async function collectDeleted(
  options: CollectOptions & { logger: Logger },
  digests: Iterable<string>,
): Promise<void> {
  const collecting = collectAll(options, digests);
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([collecting, sleep(WAIT_MS, undefined, { signal, ref: false }).catch(() => {})]);
  waiting.abort();
}

/** The same, resolving when all of them are gone, however many. */
export async function collectAll(
  options: CollectOptions & { logger: Logger },
  digests: Iterable<string>,
): Promise<void> {
  const left = [...new Set(digests)];
  try {
    while (left.length > 0) {
      const part = left.splice(-SIDE_BY_SIDE);
      await Promise.all(part.map((sha512) => collectBlob(options, sha512)));
    }
  } catch (error) {
    const { logger } = options;
    logger.warn({ err: error, left: left.length }, 'bytes of deleted files are left until the next start');
  }
}

/** How a look at all blobs is ended, and told of one that could not be removed. */
export interface CollectRun {
  signal: AbortSignal;
  fail: (error: unknown, about: { blob: string }) => void;
}

/**
 * Removes the bytes that no living file points to any more; answers how many blobs went. Looks at all blobs, in
 * slices between which requests are answered: one query over a million of them would hold all up for a second.
 */
export async function collectBlobs(options: CollectOptions, run: CollectRun): Promise<number> {
  const { read } = options.database;
  let collected = 0;
  let after = '';
  while (true) {
    const slice = await listKeptBlobs(read, after, AT_ONCE);
    collected += await collectEach(options, await pickUnwanted(read, slice), run);
    if (slice.length < AT_ONCE || run.signal.aborted) {
      return collected;
    }
    after = slice.at(-1)!;
    await letOthersRun();
  }
}

/**
 * Removes bytes that the database does not know: a crash between storing bytes and writing their row leaves
 * them. Reads the whole list of the store, so it is for the background.
 */
export async function collectStrays(options: CollectOptions, run: CollectRun): Promise<number> {
  let collected = 0;
  let digests: string[] = [];
  const judge = async () => {
    collected += await collectEach(options, await pickUnwanted(options.database.read, digests), run);
    digests = [];
  };
  for await (const { sha512 } of options.storage.list()) {
    if (run.signal.aborted) {
      return collected;
    }
    digests.push(sha512);
    if (digests.length === AT_ONCE) {
      await judge();
    }
  }
  await judge();
  return collected;
}

async function collectEach(
  options: CollectOptions,
  digests: Iterable<string>,
  { signal, fail }: CollectRun,
): Promise<number> {
  let collected = 0;
  for (const sha512 of digests) {
    if (signal.aborted) {
      break;
    }
    try {
      if (await collectBlob(options, sha512)) {
        collected += 1;
      }
    } catch (error) {
      fail(error, { blob: sha512.slice(0, 12) });
    }
  }
  return collected;
}
