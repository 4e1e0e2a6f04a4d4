/** What the keeper of persistent clusters does about one of them holds up no other. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { insertPersistent } from '../src/db/queries/persistent-clusters.ts';
import { ClusterKeeper } from '../src/jobs/clusters/keeper.ts';
import { createLogger } from '../src/logger.ts';
import type { Scheduler } from '../src/schedulers/scheduler.ts';
import { createBackground } from '../src/upkeep/background.ts';
import { NOW, openWorld } from './job-rows-harness.ts';
import { until } from './platform-harness.ts';

test('a cluster whose directory takes for ever to be removed keeps no other from its end', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-keeper-'));
  const { database, clock } = await openWorld(join(base.path, 'quarry.db'));
  await using _ = database;
  const ids = ['FiRsTa', 'SeCoNd'];
  for (const id of ids) {
    await database.write((queries) =>
      insertPersistent(queries, {
        ...{ id, owner_id: 'u', project_id: null, name: id, core_type: 'quartz' },
        ...{ cores_per_slot: 1, gpus_per_slot: 0, slots: 1, walltime_seconds: 3600, idle_seconds: 60 },
        ...{ is_low_priority: 0, price_per_core_hour: '0', currency: 'USD', analyses: '[]' },
        ...{ phase: 'ending', ending: null, scheduler: 'local', directory: join(base.path, id) },
        ...{ handle: null, slots_granted: 1, hostname: null, waiting: null, date_inserted: NOW },
        ...{ date_submitted: NOW, date_started: NOW, date_ended: null },
      }),
    );
  }
  const logger = createLogger('silent');
  const scheduler = { life: () => 'gone', release: () => undefined, onEnd: () => undefined };
  const removing: string[] = [];
  const stuck = Promise.withResolvers<{ left: null; isKept: false }>();
  const remove = (directory: string) => {
    removing.push(directory);
    return stuck.promise;
  };
  const keeper = new ClusterKeeper({
    ...{ database, clock, logger, clustersDirectory: base.path },
    scheduler: scheduler as unknown as Scheduler,
    directories: { remove },
    keeping: createBackground({ clock, logger }).task('clusters'),
    ...{ silentMs: () => 0, perform: () => undefined, schedule: () => undefined },
  });
  keeper.start();
  const phases = async () =>
    (await database.read.selectFrom('persistent_clusters').select('phase').execute()).map(
      ({ phase }) => phase,
    );
  await until(async () => (await phases()).every((phase) => phase === 'stopped'), 'the end of both');
  expect(removing).toHaveLength(2);
  stuck.resolve({ left: null, isKept: false });
  await keeper[Symbol.asyncDispose]();
});
