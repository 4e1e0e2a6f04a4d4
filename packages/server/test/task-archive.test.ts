/** An archive for which there is no room: nothing is left of it, not even an open file. */
import { randomBytes } from 'node:crypto';
import { mkdtempDisposable, readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILE_TYPE } from '@quarry/contract';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { insertFiles } from '../src/db/queries/files-insert.ts';
import { findTaskRow } from '../src/db/queries/tasks.ts';
import { openFsStorage } from '../src/storage/fs/fs-storage.ts';
import { StorageFullError } from '../src/storage/storage.ts';
import { beginTask } from '../src/tasks/begin.ts';
import type { TaskParts } from '../src/tasks/kind.ts';
import { archiveKind } from '../src/tasks/kinds/archive.ts';
import { OWNER, openWorld, submitJob } from './job-rows-harness.ts';
import { until } from './platform-harness.ts';

async function openFilesBelow(directory: string): Promise<string[]> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((path) => path.startsWith(directory));
}

test.each(['zip', 'tar'] as const)('a %s for which there is no room leaves nothing', async (format) => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'quarry-archive-'));
  const world = await openWorld(join(directory.path, 'quarry.db'));
  await using database = world.database;
  const { clock } = world;
  await submitJob(world, 'AbCdEf', { isOptimization: false, runs: 1, retryPolicy: null });
  const blobs = { directory: join(directory.path, 'store') };
  const storage = await openFsStorage(blobs);
  async function* bytes() {
    yield randomBytes(3_000_000);
  }
  const { sha512, sizeBytes, release } = await storage.receive(bytes());
  const output = { jobId: 'AbCdEf', runNumber: 1, relativePath: 'large', isOfSweep: false };
  const file = { ownerId: 'u', name: 'large', typeId: FILE_TYPE.output, sha512, sizeBytes, output };
  const id = await database.write(async (queries) => {
    await insertFiles(queries, [file], clock.now);
    const subject = { type: 'job', id: 'AbCdEf' } as const;
    return await beginTask({ queries, clock }, OWNER, { kind: 'archive', subject, wish: { format } });
  });
  release();
  const full = await openFsStorage({ ...blobs, reserveBytes: Number.MAX_SAFE_INTEGER });
  const parts = { database, storage: full, clock, logger: pino({ level: 'silent' }) } as TaskParts;
  const run = archiveKind(parts).run({
    task: (await findTaskRow(database.read, id))!,
    ...{ wish: { format }, caller: OWNER, signal: new AbortController().signal },
    ...{ tell: () => undefined, settle: async () => undefined },
  });
  await expect(run).rejects.toThrow(StorageFullError);
  await until(async () => (await openFilesBelow(blobs.directory)).length === 0, 'the end of all reading');
  expect(await readdir(join(blobs.directory, 'incoming'))).toEqual([]);
  await full.close();
  await storage.close();
});
