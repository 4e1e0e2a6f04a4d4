import { execFile } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/db/open.ts';

const DOCTOR = fileURLToPath(new URL('../src/doctor.ts', import.meta.url));

test('the doctor says so when a database is of an earlier version that the server has yet to bring up to date', async () => {
  await using data = await mkdtempDisposable(join(tmpdir(), 'quarry-doctor-'));
  const path = join(data.path, 'quarry.db');
  await (await openDatabase(path))[Symbol.asyncDispose]();
  const examine = async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [DOCTOR, '--data', data.path]);
    return JSON.parse(stdout).checks;
  };
  expect(await examine()).toContainEqual(expect.objectContaining({ name: 'database', status: 'ok' }));

  const database = new DatabaseSync(path);
  database.exec(`
    DELETE FROM kysely_migration WHERE name = '003-sweeps';
    DROP INDEX jobs_owner_recent_index;
    DROP INDEX jobs_figures_index;
    DROP INDEX jobs_use_index;
    ALTER TABLE jobs DROP COLUMN cluster_id;
  `);
  database.close();
  expect(await examine()).toContainEqual(
    expect.objectContaining({
      name: 'database',
      status: 'warning',
      message: expect.stringContaining('earlier version'),
    }),
  );
});
