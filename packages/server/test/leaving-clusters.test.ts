/** On which cluster a job is executed again whose owner has left the project of the one that it was on. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { insertPersistent } from '../src/db/queries/persistent-clusters.ts';
import { insertCluster } from '../src/jobs/life/new-cluster.ts';
import { NOW, openWorld, submitJob, type World } from './job-rows-harness.ts';

let directory: Awaited<ReturnType<typeof mkdtempDisposable>>;
let world: World;

beforeEach(async () => {
  directory = await mkdtempDisposable(join(tmpdir(), 'quarry-leaving-'));
  world = await openWorld(join(directory.path, 'quarry.db'));
  await submitJob(world, 'QkzTpb', { isOptimization: false, runs: 1, retryPolicy: null });
  await world.database.write(async (queries) => {
    await queries
      .insertInto('users')
      .values({
        ...{ id: 'v', workspace_id: 'w', email: 'v@e', first_name: '', last_name: '', role: 'member' },
        ...{ max_job_hours: null, is_active: 1, date_inserted: NOW },
      })
      .execute();
    await queries
      .insertInto('projects')
      .values({
        id: 'p',
        workspace_id: 'w',
        name: 'wings',
        description: '',
        is_default: 0,
        is_active: 1,
        date_inserted: NOW,
      })
      .execute();
    await queries
      .insertInto('project_members')
      .values({ project_id: 'p', user_id: 'u', is_manager: 0 })
      .execute();
    await insertPersistent(queries, {
      ...{ id: 'AbCdEf', owner_id: 'v', project_id: 'p', name: 'wings', core_type: 'quartz' },
      ...{ cores_per_slot: 1, gpus_per_slot: 0, slots: 1, walltime_seconds: 3600, idle_seconds: 60 },
      ...{ is_low_priority: 0, price_per_core_hour: '0', currency: 'USD', analyses: '[]' },
      ...{ phase: 'started', ending: null, scheduler: 'local', directory: '/nowhere/AbCdEf' },
      ...{ handle: null, slots_granted: 1, hostname: null, waiting: null, date_inserted: NOW },
      ...{ date_submitted: NOW, date_started: NOW, date_ended: null },
    });
    await queries.updateTable('jobs').set({ persistent_cluster_id: 'AbCdEf' }).execute();
  });
});
afterEach(async () => {
  await world.database[Symbol.asyncDispose]();
  await directory.remove();
});

/** The persistent cluster that the job is executed on when its runs are executed again. */
async function clusterAgain(): Promise<string | null> {
  const { database, clock, site } = world;
  return database.write(async (queries) => {
    const id = await insertCluster(queries, clock, site, 'QkzTpb', { mayLeave: true });
    const row = await queries
      .selectFrom('clusters')
      .where('id', '=', id)
      .select('persistent_id')
      .executeTakeFirstOrThrow();
    return row.persistent_id;
  });
}

test('who has left the project of a cluster executes nothing there any more, but on a cluster of their own', async () => {
  expect(await clusterAgain()).toBe('AbCdEf');
  await world.database.write((queries) => queries.deleteFrom('project_members').execute());
  expect(await clusterAgain()).toBe(null);
});
