import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import { giveUpBlob, listKeptBlobs, pickUnwanted } from '../../db/queries/files-blobs.ts';
import type { Storage } from '../../storage/storage.ts';

const AT_ONCE = 500;

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
 * Removes the bytes that no living file points to any more; answers how many blobs went. Looks at all blobs, in
 * slices between which requests are answered: one query over a million of them would hold all up for a second.
 */
export async function collectBlobs(options: CollectOptions): Promise<number> {
  const { read } = options.database;
  let collected = 0;
  let after = '';
  while (true) {
    const slice = await listKeptBlobs(read, after, AT_ONCE);
    for (const sha512 of await pickUnwanted(read, slice)) {
      if (await collectBlob(options, sha512)) collected += 1;
    }
    if (slice.length < AT_ONCE) return collected;
    after = slice.at(-1)!;
    await letOthersRun();
  }
}

/**
 * Removes bytes that the database does not know: a crash between storing bytes and writing their row leaves
 * them. Reads the whole list of the store, so it is for the background.
 */
export async function collectStrays(options: CollectOptions): Promise<number> {
  let collected = 0;
  let digests: string[] = [];
  const judge = async () => {
    for (const sha512 of await pickUnwanted(options.database.read, digests)) {
      if (await collectBlob(options, sha512)) collected += 1;
    }
    digests = [];
  };
  for await (const { sha512 } of options.storage.list()) {
    digests.push(sha512);
    if (digests.length === AT_ONCE) await judge();
  }
  await judge();
  return collected;
}
