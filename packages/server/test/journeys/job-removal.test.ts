/** The deletion of a job with very many files: gone at once for everybody, removed in slices, also over a death in between. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { FILE_TYPE } from '@quarry/contract';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deleteFiles } from '../../src/db/queries/files-delete.ts';
import { insertFiles } from '../../src/db/queries/files-insert.ts';
import { countFiles, listFiles } from '../../src/db/queries/files-list.ts';
import { findOwnJob } from '../../src/db/queries/find-job.ts';
import { findFileWithin, pickWithin } from '../../src/db/queries/readable-files.ts';
import { countLostRestored } from '../../src/db/queries/restored.ts';
import { findTaskRow } from '../../src/db/queries/tasks.ts';
import { refuseUnrunnable } from '../../src/jobs/definition/refuse-unrunnable.ts';
import { deleteJob } from '../../src/jobs/verbs/delete.ts';
import { LIMITS } from '../../src/limits.ts';
import { openFsStorage } from '../../src/storage/fs/fs-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { beginTask } from '../../src/tasks/begin.ts';
import { endTask } from '../../src/tasks/end.ts';
import type { TaskParts } from '../../src/tasks/kind.ts';
import { kindsOfTasks } from '../../src/tasks/kinds.ts';
import { TaskRunner } from '../../src/tasks/runner.ts';
import { createBackground } from '../../src/upkeep/background.ts';
import { OWNER, openWorld, submitJob, type World } from '../job-rows-harness.ts';
import { until } from '../platform-harness.ts';

const FILES = LIMITS.filesDeletedAtOnce + 5000;
const logger = pino({ level: 'silent' });

let directory: Awaited<ReturnType<typeof mkdtempDisposable>>;
let world: World;
let storage: Storage;
let runner: TaskRunner;
let output: { id: string; sha512: string };
let upload: { id: string };

const digestOf = (index: number) => index.toString(16).padStart(128, '0');

beforeEach(async () => {
  directory = await mkdtempDisposable(join(tmpdir(), 'quarry-removal-'));
  world = await openWorld(join(directory.path, 'quarry.db'));
  storage = await openFsStorage({ directory: join(directory.path, 'blobs') });
  await submitJob(world, 'AbCdEf', { isOptimization: false, runs: 100, retryPolicy: null });
  for (let first = 0; first < FILES; first += 5000) {
    const files = Array.from({ length: 5000 }, (_, index) => ({
      ...{ ownerId: 'u', name: 'out.txt', typeId: FILE_TYPE.output, sizeBytes: 1 },
      sha512: digestOf(first + index),
      output: { jobId: 'AbCdEf', runNumber: (index % 100) + 1, relativePath: `${index}`, isOfSweep: true },
    }));
    const rows = await world.database.write((queries) => insertFiles(queries, files, world.clock.now));
    output = rows[0]!;
  }
  const mine = { ownerId: 'u', name: 'mesh.inp', typeId: FILE_TYPE.input, sha512: digestOf(0), sizeBytes: 1 };
  upload = (await world.database.write((queries) => insertFiles(queries, [mine], world.clock.now)))[0]!;
  await world.database.write((queries) =>
    queries.updateTable('jobs').set({ is_completed: 1, status: 'Completed' }).execute(),
  );
  runner = startRunner();
});
afterEach(async () => {
  await runner[Symbol.asyncDispose]();
  await storage.close();
  await world.database[Symbol.asyncDispose]();
  await directory.remove();
});

function startRunner(): TaskRunner {
  // A deletion has nothing to do with devices.
  const parts = { database: world.database, storage, clock: world.clock, logger } as TaskParts;
  const working = createBackground({ clock: world.clock, logger }).task('tasks');
  return new TaskRunner({ ...parts, kinds: kindsOfTasks(parts), working });
}

/** As the endpoint does it. */
async function remove(): Promise<string> {
  const { clock, database } = world;
  return await database.write(async (queries) => {
    const domain = { queries, clock };
    const deleted = await deleteJob(domain, OWNER, { jobId: 'AbCdEf', withInputs: false });
    expect(deleted).toMatchObject({ filesToRemove: FILES, unwanted: [] });
    return await beginTask(domain, OWNER, {
      kind: 'deletion',
      subject: { type: 'job', id: 'AbCdEf' },
      wish: { files: FILES },
    });
  });
}

const living = async () => {
  const { count } = await world.database.read
    .selectFrom('files')
    .where('deleted_at', 'is', null)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
};

/** What somebody sees who looks for files in every way that there is. */
async function seen() {
  const { read } = world.database;
  const order = { column: 'date_uploaded', descending: true } as const;
  const listed = await listFiles(read, { ownerId: 'u' }, order, { offset: 0 }, 10);
  return {
    listed: listed.map(({ id }) => id),
    counted: await countFiles(read, { ownerId: 'u' }),
    ofJob: await countFiles(read, { jobId: 'AbCdEf' }),
    output: await findFileWithin(read, 'own', 'u', output.id),
    forAdmins: await findFileWithin(read, 'all', 'u', output.id),
    digests: await pickWithin(read, 'own', 'u', { column: 'sha512', values: [digestOf(0), output.sha512] }),
    upload: (await findFileWithin(read, 'own', 'u', upload.id))?.id,
  };
}

const AFTER = {
  ...{ counted: 1, ofJob: 0, output: undefined, forAdmins: undefined, digests: [digestOf(0)] },
};

test('its files are gone for everybody at once, before the first of them is removed, and nobody else’s are', async () => {
  expect(await seen()).toMatchObject({ counted: FILES + 1, ofJob: FILES, output: { id: output.id } });
  await remove();
  expect(await living()).toBe(FILES + 1);
  expect(await seen()).toEqual({ ...AFTER, listed: [upload.id], upload: upload.id });
});

test('whoever deletes one of them by another way changes no count', async () => {
  await remove();
  const { clock, database } = world;
  const ids = [output.id, upload.id];
  await database.write((queries) => deleteFiles(queries, { ids }, clock.now()));
  expect(await seen()).toMatchObject({ counted: 0, listed: [] });
});

test('no other job begins with them any more, even before the first is removed', async () => {
  const { database, domain } = world;
  await submitJob(world, 'QkzTpb', { isOptimization: false, runs: 1, retryPolicy: null });
  const ofJob = { job_id: 'QkzTpb', file_id: output.id, decompress: 0, run_number: null } as const;
  await database.write((queries) =>
    queries
      .insertInto('job_inputs')
      .values([
        { ...ofJob, tile: 0, position: 0, role: 'input' },
        { ...ofJob, tile: -1, position: 0, role: 'restored' },
      ])
      .execute(),
  );
  expect(await countLostRestored(database.read, 'QkzTpb')).toBe(0);
  // Inputs of jobs under way are not removed: this one is executed again later.
  const setCompleted = (is_completed: 0 | 1) =>
    database.write((queries) =>
      queries.updateTable('jobs').set({ is_completed }).where('id', '=', 'QkzTpb').execute(),
    );
  await setCompleted(1);
  await remove();
  await setCompleted(0);
  expect(await countLostRestored(database.read, 'QkzTpb')).toBe(1);
  const job = await findOwnJob(database.read, OWNER, 'QkzTpb');
  await expect(refuseUnrunnable(domain.catalog, database.read, job, domain)).rejects.toMatchObject({
    code: 'input_deleted',
  });
});

test('they are removed in slices, also where the server dies in between, and are as gone afterwards', async () => {
  const id = await remove();
  runner.wake();
  await until(async () => (runner.progressOf(id)?.done ?? 0) > 0, 'the first slice');
  await runner[Symbol.asyncDispose]();
  const left = await living();
  expect(left).toBeGreaterThan(1);
  expect(left).toBeLessThan(FILES + 1);
  expect((await seen()).counted).toBe(1);
  runner = startRunner();
  expect(await runner.resume()).toEqual({ interrupted: 1 });
  await until(async () => (await findTaskRow(world.database.read, id))?.state === 'done', 'the end');
  expect(await living()).toBe(1);
  expect(await seen()).toEqual({ ...AFTER, listed: [upload.id], upload: upload.id });
  expect(await findTaskRow(world.database.read, id)).toMatchObject({
    ...{ progress_done: FILES, progress_of: FILES, result: `{"files":${FILES}}` },
  });
});

test('it is not cancelled, waits for no limit, and goes on for somebody whose account was closed', async () => {
  const { database, clock } = world;
  const id = await remove();
  const cancel = database.write((queries) => endTask({ queries, clock, tasks: runner }, OWNER, id));
  await expect(cancel).rejects.toThrow('deleted already');
  await database.write((queries) => queries.updateTable('users').set({ is_active: 0 }).execute());
  runner.wake();
  await until(async () => (await findTaskRow(database.read, id))?.state === 'done', 'the end');
  expect(await living()).toBe(1);
});

test('others write in between', async () => {
  const id = await remove();
  runner.wake();
  let writes = 0;
  while ((await findTaskRow(world.database.read, id))?.state !== 'done') {
    await world.database.write((queries) =>
      queries
        .updateTable('users')
        .set({ first_name: String(writes) })
        .where('id', '=', 'u')
        .execute(),
    );
    writes += 1;
    await letOthersRun();
  }
  expect(writes).toBeGreaterThan(FILES / 1000);
});
