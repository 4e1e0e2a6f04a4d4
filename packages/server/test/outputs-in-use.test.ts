/** Outputs that are inputs of jobs under way: nobody takes them away, neither with their job nor by executing a run again. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { insertFiles } from '../src/db/queries/files-insert.ts';
import { SAVED } from '../src/jobs/life/state.ts';
import { deleteJob } from '../src/jobs/verbs/delete.ts';
import { rerunRuns } from '../src/jobs/verbs/rerun.ts';
import { NOW, OWNER, openWorld, submitJob, type World } from './job-rows-harness.ts';

let directory: Awaited<ReturnType<typeof mkdtempDisposable>>;
let world: World;

/** A job whose two runs have failed, each with an output, and another one, under way, that takes the output of the first. */
beforeEach(async () => {
  directory = await mkdtempDisposable(join(tmpdir(), 'quarry-in-use-'));
  world = await openWorld(join(directory.path, 'quarry.db'));
  const wanted = { isOptimization: false, runs: 2, retryPolicy: null };
  await submitJob(world, 'maker', wanted);
  await submitJob(world, 'user', { ...wanted, runs: 1 });
  await world.database.write(async (queries) => {
    const state = JSON.stringify({
      ...{ ...SAVED, phase: 'completed', cluster: 'stopped', outcome: 'failed', runs: 2 },
    });
    await queries
      .updateTable('jobs')
      .set({ state, status: 'Completed', is_completed: 1, date_submitted: NOW })
      .where('id', '=', 'maker')
      .execute();
    await queries
      .updateTable('runs')
      .set({ outcome: 'failed', date_started: NOW, date_completed: NOW })
      .where('job_id', '=', 'maker')
      .execute();
    await queries.updateTable('clusters').set({ is_ended: 1 }).where('job_id', '=', 'maker').execute();
    const outputs = [1, 2].map((runNumber) => ({
      ...{ ownerId: 'u', name: 'out', typeId: 5, sha512: String(runNumber).repeat(128), sizeBytes: 3 },
      output: { jobId: 'maker', runNumber, relativePath: 'out', isOfSweep: true },
    }));
    await insertFiles(queries, outputs, world.clock.now);
    const { id } = await queries
      .selectFrom('files')
      .where('run_number', '=', 1)
      .select('id')
      .executeTakeFirstOrThrow();
    await queries
      .updateTable('jobs')
      .set({ status: 'Executing', date_submitted: NOW })
      .where('id', '=', 'user')
      .execute();
    await queries
      .insertInto('job_inputs')
      .values({ job_id: 'user', tile: 0, position: 0, file_id: id, decompress: 0, run_number: null })
      .execute();
  });
});
afterEach(async () => {
  await world.database[Symbol.asyncDispose]();
  await directory.remove();
});

const IN_USE = { kind: 'conflict', code: 'outputs_in_use', message: expect.stringContaining('user') };

const remove = () =>
  world.database.write((queries) =>
    deleteJob({ queries, clock: world.clock }, OWNER, { jobId: 'maker', withInputs: false }),
  );
const rerun = (runs: string[]) =>
  world.database.write((queries) =>
    rerunRuns({ ...world.domain, queries }, OWNER, { jobId: 'maker', runs, resume: false }),
  );
const endUser = () =>
  world.database.write((queries) =>
    queries.updateTable('jobs').set({ is_completed: 1 }).where('id', '=', 'user').execute(),
  );

test('their job is not deleted until the other one has ended', async () => {
  await expect(remove()).rejects.toMatchObject(IN_USE);
  await endUser();
  expect((await remove()).unwanted).toHaveLength(2);
});

test('their run is not executed again until then, and other runs are', async () => {
  await expect(rerun(['1'])).rejects.toMatchObject(IN_USE);
  await expect(rerun(['1', '2'])).rejects.toMatchObject(IN_USE);
  expect((await rerun(['2'])).numbers).toEqual([2]);
});

test('a job that is only saved, or deleted, keeps nobody from it', async () => {
  await world.database.write((queries) =>
    queries
      .updateTable('jobs')
      .set({ date_submitted: null, status: null })
      .where('id', '=', 'user')
      .execute(),
  );
  expect((await rerun(['1'])).numbers).toEqual([1]);
});
