import { mkdtempDisposable, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openDatabase } from '../db/open.ts';
import { openStorage } from '../storage/registry.ts';
import { createReadiness } from './readiness.ts';

async function opened() {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (text: string) => lines.push(JSON.parse(text)) });
  const directory = await mkdtempDisposable(join(tmpdir(), 'quarry-readiness-'));
  const databasePath = join(directory.path, 'quarry.db');
  const database = await openDatabase(databasePath);
  const storage = await openStorage({ kind: 'fs', directory: directory.path });
  const readiness = createReadiness({ database, storage, databasePath, logger });
  return {
    ...{ database, databasePath, readiness, lines },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await storage.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Asks until the answer is this one. */
async function becomes(readiness: { isReady(): Promise<boolean> }, wanted: boolean): Promise<void> {
  while ((await readiness.isReady()) !== wanted) {
    await sleep(20);
  }
}

test('a server is ready from the end of its start to the beginning of its stop', async () => {
  await using site = await opened();
  expect(await site.readiness.isReady()).toBe(false);
  site.readiness.setServing(true);
  expect(await site.readiness.isReady()).toBe(true);
  site.readiness.setServing(false);
  expect(await site.readiness.isReady()).toBe(false);
  expect(site.lines).toEqual([]);
});

test('a database that takes no writes, or whose file is gone, is told once, with the reason in the log', async () => {
  await using site = await opened();
  site.readiness.setServing(true);
  expect(await site.readiness.isReady()).toBe(true);
  await rename(site.databasePath, `${site.databasePath}.away`);
  await becomes(site.readiness, false);
  for (let time = 0; time < 20; time++) {
    expect(await site.readiness.isReady()).toBe(false);
  }
  await rename(`${site.databasePath}.away`, site.databasePath);
  await becomes(site.readiness, true);
  await site.database[Symbol.asyncDispose]();
  await becomes(site.readiness, false);
  expect(site.lines.map(({ msg, err }) => [msg, (err as { message: string } | undefined)?.message])).toEqual([
    ['the server is not ready', expect.stringContaining('ENOENT')],
    ['the server is ready again', undefined],
    ['the server is not ready', expect.any(String)],
  ]);
});

test('however many ask at once, it looks once', async () => {
  await using site = await opened();
  site.readiness.setServing(true);
  let looks = 0;
  const counting = createReadiness({
    ...site,
    storage: {
      freeBytes: async () => {
        looks += 1;
        return 1;
      },
    },
    logger: pino({ enabled: false }),
  });
  counting.setServing(true);
  await Promise.all(Array.from({ length: 100 }, () => counting.isReady()));
  expect(looks).toBe(1);
});
