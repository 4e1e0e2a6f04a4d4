import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database, Queries } from './database.ts';
import { openDatabase } from './open.ts';

/** Has a database for itself for a while. */
const HOLDER = `
  import { DatabaseSync } from 'node:sqlite';
  const database = new DatabaseSync(process.argv[1]);
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE workspaces SET name = name');
  console.log('held');
  setTimeout(() => {
    database.exec('COMMIT');
    database.close();
  }, 500);
`;

let directory: string;
let database: Database;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-db-'));
  database = await openDatabase(join(directory, 'quarry.db'));
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const insert = (id: string) => (queries: Queries) =>
  queries
    .insertInto('workspaces')
    .values({
      id,
      name: id,
      company_code: 'c',
      company_name: 'C',
      date_inserted: '2026-01-01T00:00:00.000000Z',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
const ids = async (queries: Queries = database.read) =>
  (await queries.selectFrom('workspaces').select('id').orderBy('id').execute()).map(({ id }) => id);

test('a write is there for readers when it resolves', async () => {
  expect(await database.write(insert('a'))).toEqual({ id: 'a' });
  expect(await ids()).toEqual(['a']);
});

test('readers see nothing of a write that has not been committed', async () => {
  const seen: string[][] = [];
  await database.write(async (queries) => {
    await insert('a')(queries);
    seen.push(await ids(queries), await ids(database.read));
  });
  expect(seen).toEqual([['a'], []]);
});

test('writes of the same turn share a transaction, in order, and each sees those before it', async () => {
  // An uncommitted transaction keeps every write of its turn from a second connection.
  const second = new DatabaseSync(join(directory, 'quarry.db'), { readOnly: true });
  const count = () => (second.prepare('SELECT count(*) AS n FROM workspaces').get() as { n: number }).n;
  const seen: Array<[inside: number, outside: number]> = [];
  await Promise.all(
    ['a', 'b', 'c'].map((id) =>
      database.write(async (queries) => {
        await insert(id)(queries);
        seen.push([(await ids(queries)).length, count()]);
      }),
    ),
  );
  expect(seen).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  expect(count()).toBe(3);
  second.close();
});

test('one that fails takes back its own work only, and fails alone', async () => {
  const results = await Promise.allSettled([
    database.write(insert('a')),
    database.write(async (queries) => {
      await insert('b')(queries);
      throw new Error('changed my mind');
    }),
    database.write(insert('a')),
    database.write(insert('c')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: new Error('changed my mind') });
  expect(await ids()).toEqual(['a', 'c']);
});

test('an outcome is not told before it is durable, a failure neither', async () => {
  const order: string[] = [];
  await Promise.all([
    database
      .write(async () => {
        throw new Error('no');
      })
      .catch(() => order.push('failure told')),
    database.write(async (queries) => {
      await insert('a')(queries);
      order.push('work done');
    }),
  ]);
  expect(order).toEqual(['work done', 'failure told']);
});

test('a write that is asked for from within a write comes after it', async () => {
  let inner: Promise<unknown> | undefined;
  await database.write(async (queries) => {
    await insert('a')(queries);
    inner = database.write(insert('b'));
  });
  await inner;
  expect(await ids()).toEqual(['a', 'b']);
});

test('what was asked for before closing is written, what is asked for after is refused', async () => {
  const before = database.write(insert('a'));
  const closed = database[Symbol.asyncDispose]();
  await expect(database.write(insert('b'))).rejects.toThrow('The database is closed.');
  await Promise.all([before, closed]);
  database = await openDatabase(join(directory, 'quarry.db'));
  expect(await ids()).toEqual(['a']);
});

test('a reader cannot write', async () => {
  await expect(insert('a')(database.read)).rejects.toThrow(/readonly|read-only|query_only/i);
});

test('a row must not point to what is not there', async () => {
  const orphan = database.write((queries) =>
    queries
      .insertInto('project_members')
      .values({ project_id: 'NoProj', user_id: 'NoUser', is_manager: 0 })
      .execute(),
  );
  await expect(orphan).rejects.toThrow(/FOREIGN KEY/);
});

test('whoever opens it while somebody else has it locked waits a little', async () => {
  const path = join(directory, 'quarry.db');
  await database[Symbol.asyncDispose]();
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, path]);
  const exited = once(holder, 'exit');
  await once(holder.stdout, 'data');
  database = await openDatabase(path);
  expect(await ids()).toEqual([]);
  await exited;
});
