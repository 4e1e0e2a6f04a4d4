import { execFile } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import * as indexEvents from '../src/db/migrations/007-index-events.ts';
import * as seriesOfJobs from '../src/db/migrations/008-series-of-jobs.ts';
import { openDatabase } from '../src/db/open.ts';
import { findStreamEnd } from '../src/db/queries/event-pages.ts';
import { VERSION } from '../src/version.ts';

const [MAIN, DOCTOR] = ['main', 'doctor'].map((name) =>
  fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url)),
) as [string, string];

/** A data directory as a version to come leaves it. */
async function newerDirectory(userVersion: number) {
  const data = await mkdtempDisposable(join(tmpdir(), 'quarry-newer-'));
  const path = join(data.path, 'quarry.db');
  await (await openDatabase(path))[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.exec(`
    INSERT INTO kysely_migration VALUES ('998-rooms', '2030-01-01'), ('999-doors', '2030-01-02');
    CREATE TABLE rooms (id text);
    PRAGMA user_version = ${userVersion};
  `);
  database.close();
  const read = () => {
    const later = new DatabaseSync(path, { readOnly: true });
    const rows = later.prepare('SELECT name FROM kysely_migration ORDER BY name').all();
    const tables = later.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
    const version = later.prepare('PRAGMA user_version').get();
    later.close();
    return { rows, tables, version };
  };
  return { data, read };
}

const run = (program: string, ...line: string[]) =>
  promisify(execFile)(process.execPath, [program, ...line]).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

test.each([
  [4_005_006, 'Quarry 4.5.6'],
  [0, 'a later version of Quarry'],
])('an older server names both versions, starts nothing and changes nothing (%s)', async (number, whose) => {
  const { data, read } = await newerDirectory(number);
  await using _ = data;
  const before = read();
  const { code, stderr } = await run(MAIN, '--data', data.path, '--port', '0');
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      new RegExp(
        `^quarry serve: The data directory was written by ${whose}, and this is Quarry ${VERSION}: the database has 998-rooms, 999-doors, of which this version knows nothing \\(its last is \\d{3}-[a-z-]+\\)\\. Nothing was changed in it\\. Run ${whose} or a later one, or restore a backup that was made before it\\.\\n$`,
      ),
    ),
  ]);
  expect(read()).toEqual(before);
});

test('the doctor of an older version says the same', async () => {
  const { data } = await newerDirectory(4_005_006);
  await using _ = data;
  const { stdout, code } = await run(DOCTOR, '--data', data.path);
  expect(code).toBe(1);
  expect(JSON.parse(stdout).checks).toContainEqual(
    expect.objectContaining({
      name: 'database',
      status: 'error',
      message: expect.stringContaining(`written by Quarry 4.5.6, and this is Quarry ${VERSION}`),
    }),
  );
});

/** A database as it was before a migration, undone by `undo`, then brought up to date by that migration. */
async function migratedAgain(path: string, undo: string, up: (db: Kysely<unknown>) => Promise<void>) {
  await (await openDatabase(path))[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.exec(undo);
  database.close();
  const opened = await openDatabase(path);
  await opened.write((queries) => up(queries as unknown as Kysely<unknown>));
  return opened;
}

test('verbs of events that an earlier version wrote with blanks are one word', async () => {
  await using data = await mkdtempDisposable(join(tmpdir(), 'quarry-newer-'));
  await using migrated = await migratedAgain(
    join(data.path, 'quarry.db'),
    `
    DROP INDEX events_actor_index; DROP INDEX events_verb_index; DROP INDEX events_date_index;
    INSERT INTO events (at, actor_id, subject, verb, detail) VALUES
      ('2026-01-05T09:00:00.000000Z', 'u', 'job:a', 'run stopped', '{}'),
      ('2026-01-05T09:00:00.000001Z', 'u', 'job:a', 'run directory discarded', '{}'),
      ('2026-01-05T09:00:00.000002Z', 'u', 'job:a', 'member_added', '{}');
    `,
    indexEvents.up,
  );
  const rows = await migrated.read.selectFrom('events').orderBy('seq').select('verb').execute();
  expect(rows.map(({ verb }) => verb)).toEqual(['run_stopped', 'run_directory_discarded', 'member_added']);
});

test('statuses that an earlier version wrote are numbered in their order', async () => {
  await using data = await mkdtempDisposable(join(tmpdir(), 'quarry-newer-'));
  const statuses = ['Pending', 'Queued', 'Started'].map(
    (status, index) => `('s${index}', 'j', '${status}', '2026-01-05T09:00:00.00000${index}Z', NULL)`,
  );
  await using migrated = await migratedAgain(
    join(data.path, 'quarry.db'),
    `
    PRAGMA foreign_keys = OFF;
    DROP TABLE run_usage; DROP INDEX job_statuses_seq_index; ALTER TABLE job_statuses DROP COLUMN seq;
    INSERT INTO job_statuses VALUES ${statuses.join(', ')};
    `,
    seriesOfJobs.up,
  );
  const rows = await migrated.read.selectFrom('job_statuses').orderBy('seq').select(['id', 'seq']).execute();
  expect(rows).toEqual([0, 1, 2].map((index) => ({ id: `s${index}`, seq: index + 1 })));
  expect(await findStreamEnd(migrated.read)).toEqual({ event: 0, status: 3 });
});

test('a version of before the newest one does not take its place', async () => {
  await using data = await mkdtempDisposable(join(tmpdir(), 'quarry-newer-'));
  const path = join(data.path, 'quarry.db');
  const versionOf = () => {
    const database = new DatabaseSync(path);
    const { user_version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    database.close();
    return user_version;
  };
  await (await openDatabase(path))[Symbol.asyncDispose]();
  expect(versionOf()).toBeGreaterThan(0);
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 4005006');
  database.close();
  await (await openDatabase(path))[Symbol.asyncDispose]();
  expect(versionOf()).toBe(4_005_006);
});
