/** Directories of runs that were cut off, on the disk: which are kept, which go, and what goes with them. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Updateable } from 'kysely';
import { expect, test } from 'vitest';
import { daysLater } from '../src/clock.ts';
import { giveUpDirectories } from '../src/db/queries/kept-directories.ts';
import type { RunRow } from '../src/db/tables.ts';
import { createClusterDirectories } from '../src/jobs/life/cluster-directories.ts';
import { createKeptDirectories } from '../src/jobs/life/kept-directories.ts';
import { removeUnkept } from '../src/jobs/life/remove-unkept.ts';
import { createLogger } from '../src/logger.ts';
import { openWorld, SITE, submitJob } from './job-rows-harness.ts';

const EXPIRY = '2026-02-01T00:00:00.000000Z';

/** A job of four runs on a cluster that has ended; of the second and the third the directory is kept. */
async function keepTwo(base: string) {
  const site = { ...SITE, clustersDirectory: join(base, 'clusters') };
  const world = await openWorld(join(base, 'quarry.db'), site);
  await submitJob(world, 'job', { isOptimization: false, runs: 4, retryPolicy: null });
  const { read, write } = world.database;
  const { id, directory } = await read.selectFrom('clusters').selectAll().executeTakeFirstOrThrow();
  const change = (number: number, columns: Updateable<RunRow>) =>
    write((queries) => queries.updateTable('runs').set(columns).where('number', '=', number).execute());
  for (const number of [1, 2, 3, 4]) {
    await mkdir(join(directory, 'runs', String(number), 'home/work'), { recursive: true });
    await writeFile(join(directory, 'runs', String(number), 'home/work/state'), 'a state');
  }
  for (const name of ['agent.log', 'cluster.json', 'journal.ndjson']) {
    await writeFile(join(directory, name), '');
  }
  const kept = { outcome: 'failed', directory_bytes: 4096, directory_expires_at: EXPIRY };
  for (const number of [2, 3]) {
    await change(number, { ...kept, directory: join(directory, 'runs', String(number)) });
  }
  await write((queries) =>
    queries.updateTable('clusters').set({ is_ended: 1 }).where('id', '=', id).execute(),
  );
  return { world, site, directory, change };
}

const endless = new AbortController().signal;

test('a cluster that has ended leaves these directories, and what its agent had to say', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-kept-'));
  const { world, directory } = await keepTwo(base.path);
  await using database = world.database;
  await removeUnkept(directory, database, endless);
  expect((await readdir(directory)).toSorted()).toEqual(['agent.log', 'runs']);
  expect((await readdir(join(directory, 'runs'))).toSorted()).toEqual(['2', '3']);
  expect(existsSync(join(directory, 'runs/2/home/work/state'))).toBe(true);
});

test('a directory that is a link made by the agent is kept with what it points to', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-kept-'));
  const { world, directory, change } = await keepTwo(base.path);
  await using database = world.database;
  await mkdir(join(directory, 'slots/0/5/home'), { recursive: true });
  await mkdir(join(directory, 'slots/0/6/home'), { recursive: true });
  await symlink(join(directory, 'slots/0/5'), join(directory, 'runs/5'));
  await change(4, { outcome: 'failed', directory: join(directory, 'runs/5'), directory_expires_at: EXPIRY });
  await removeUnkept(directory, database, endless);
  expect(await readdir(join(directory, 'slots/0'))).toEqual(['5']);
  expect((await readdir(join(directory, 'runs'))).toSorted()).toEqual(['2', '3', '5']);
  await change(4, { directory: null });
  await removeUnkept(directory, database, endless);
  expect(existsSync(join(directory, 'slots/0/5'))).toBe(false);
  expect((await readdir(join(directory, 'runs'))).toSorted()).toEqual(['2', '3']);
});

test('a home that still lies in the slot of a later agent goes with neither cluster', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-kept-'));
  const { world, site, directory } = await keepTwo(base.path);
  await using database = world.database;
  const later = join(site.clustersDirectory, 'LaTeRr');
  for (const [link, number] of [
    ['home', 2],
    ['home.link', 3],
  ] as const) {
    const home = join(later, 'slots/1', String(number), 'home');
    await mkdir(home, { recursive: true });
    await rm(join(directory, 'runs', String(number), 'home'), { recursive: true });
    await symlink(home, join(directory, 'runs', String(number), link));
  }
  await mkdir(join(later, 'slots/1/4/home'), { recursive: true });
  await removeUnkept(later, database, endless);
  await removeUnkept(directory, database, endless);
  expect((await readdir(join(later, 'slots/1'))).toSorted()).toEqual(['2', '3']);
  expect(existsSync(join(later, 'slots/1/3/home'))).toBe(true);
});

test('directories are removed when their time is over, but not one in which a run goes on, and the cluster with the last', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-kept-'));
  const { world, site, directory, change } = await keepTwo(base.path);
  await using database = world.database;
  await change(3, { outcome: null, is_resumed: 1 });
  let now = daysLater(EXPIRY, -1);
  const logger = createLogger('silent');
  const clock = { now: () => now, aheadMs: () => 0 };
  const directories = createClusterDirectories({ directory: site.clustersDirectory, database, logger });
  const open = () => createKeptDirectories({ database, clock, logger, directories, site });
  {
    await using kept = open();
    expect(await kept.expire()).toBe(0);
    now = daysLater(EXPIRY, 1);
    expect(await kept.expire()).toBe(1);
    expect(await kept.expire()).toBe(0);
    await kept.whenIdle();
  }
  expect(await readdir(join(directory, 'runs'))).toEqual(['3']);
  await change(3, { outcome: 'failed' });
  {
    await using kept = open();
    expect(await kept.expire()).toBe(1);
    await kept.whenIdle();
  }
  expect(existsSync(directory)).toBe(false);
});

test('nothing is removed outside the directory of clusters, or of a cluster that executes', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-kept-'));
  const { world, site, directory } = await keepTwo(base.path);
  await using database = world.database;
  const elsewhere = join(base.path, 'original/clusters/AbCdEf/runs/1');
  await mkdir(elsewhere, { recursive: true });
  await database.write((queries) => queries.updateTable('clusters').set({ is_ended: 0 }).execute());
  const logger = createLogger('silent');
  const directories = createClusterDirectories({ directory: site.clustersDirectory, database, logger });
  await using kept = createKeptDirectories({ database, clock: world.clock, logger, directories, site });
  kept.remove([elsewhere, join(directory, 'runs/2')]);
  await kept.whenIdle();
  expect(existsSync(elsewhere)).toBe(true);
  expect(existsSync(join(directory, 'runs/1'))).toBe(true);
});

test('runs give their directories up, however many are named', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-kept-'));
  const { world, directory, change } = await keepTwo(base.path);
  await using database = world.database;
  // It goes on there.
  await change(2, { outcome: null });
  const many = Array.from({ length: 100_000 }, (_, index) => index + 1);
  const given = await database.write((queries) => giveUpDirectories(queries, 'job', many));
  expect(given).toEqual([join(directory, 'runs/3')]);
  expect(await database.write((queries) => giveUpDirectories(queries, 'job', many))).toEqual([]);
});

test('outputs that could not be stored stay when a directory beside them is given up', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-kept-'));
  const { world, site, directory, change } = await keepTwo(base.path);
  await using database = world.database;
  await database.write((queries) => queries.updateTable('clusters').set({ holds_outputs: 1 }).execute());
  const logger = createLogger('silent');
  const directories = createClusterDirectories({ directory: site.clustersDirectory, database, logger });
  await using kept = createKeptDirectories({ database, clock: world.clock, logger, directories, site });
  await change(2, { directory: null });
  kept.remove([join(directory, 'runs/2')]);
  await kept.whenIdle();
  expect((await readdir(join(directory, 'runs'))).toSorted()).toEqual(['1', '3', '4']);
});
