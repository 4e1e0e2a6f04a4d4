import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { up } from '../src/db/migrations/005-outputs-not-kept.ts';
import { openDatabase } from '../src/db/open.ts';
import { findSkipped } from '../src/db/queries/find-skipped.ts';
import { skippedColumns } from '../src/jobs/runs/skipped.ts';

const ENTRY = { relativePath: 'pipe', reason: 'it is a named pipe' };
const REST = { relativePath: '…', reason: '40 more could not be kept' };

test('what runs could not keep is counted in a database of the version before', async () => {
  await using data = await mkdtempDisposable(join(tmpdir(), 'quarry-before-'));
  const path = join(data.path, 'quarry.db');
  await (await openDatabase(path))[Symbol.asyncDispose]();
  const before = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  before.exec(`
    DROP INDEX runs_skipped_index;
    ALTER TABLE runs DROP COLUMN skipped_count;
    ALTER TABLE runs DROP COLUMN collecting;
  `);
  const insert = before.prepare(
    'INSERT INTO runs (job_id, number, skipped, output_count, output_bytes) VALUES (?, ?, ?, 0, 0)',
  );
  for (let number = 1; number <= 1200; number += 1) {
    insert.run('aaaaaa', number, number % 2 === 0 ? '[]' : JSON.stringify([ENTRY]));
  }
  insert.run('bbbbbb', 1, JSON.stringify([ENTRY, REST]));
  insert.run('cccccc', 1, '[]');
  before.close();

  await using database = await openDatabase(path);
  // By itself: what came after it stands on it, so that it cannot be undone alone.
  await database.write((queries) => up(queries as unknown as Kysely<unknown>));
  expect(await findSkipped(database.read, 'aaaaaa')).toMatchObject({ runs: 600, outputs: 600 });
  expect(await findSkipped(database.read, 'bbbbbb')).toMatchObject({ outputs: 41, first: { number: 1 } });
  expect(await findSkipped(database.read, 'cccccc')).toBeNull();
});

test('what an agent of the version before could not keep is counted', () => {
  const none = { lost: [] };
  const columns = skippedColumns({ skipped: [ENTRY, REST], skippedCount: null }, none);
  expect(columns).toEqual({ skipped: JSON.stringify([ENTRY]), skipped_count: 41 });
  expect(skippedColumns({ skipped: [ENTRY], skippedCount: null }, none).skipped_count).toBe(1);
  expect(skippedColumns({ skipped: [ENTRY], skippedCount: 70_000 }, none).skipped_count).toBe(70_000);
});

test('what could not be stored comes first among what was not kept, and no list is without an end', () => {
  const lost = Array.from({ length: 150 }, (_, index) => ({ relativePath: `${index}`, reason: 'disk full' }));
  const columns = skippedColumns({ skipped: [ENTRY], skippedCount: 1 }, { lost });
  expect(JSON.parse(columns.skipped)).toEqual(lost.slice(0, 100));
  expect(columns.skipped_count).toBe(151);
});
