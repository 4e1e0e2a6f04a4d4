import { randomBytes } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createAuthenticator } from '../access/authenticate.ts';
import { systemClock } from '../clock.ts';
import { openDatabase } from '../db/open.ts';
import { LIMITS } from '../limits.ts';
import { createLogger } from '../logger.ts';
import { createLocalScheduler } from '../schedulers/local/local.ts';
import { openStorage } from '../storage/registry.ts';
import { createBackground } from '../upkeep/background.ts';
import { createDefinitions } from './definition/definitions.ts';
import { createEngine } from './engine.ts';
import { createExchanges } from './exchange.ts';
import { createNews } from './news.ts';
import { createReconciler } from './reconcile.ts';
import { runLimits } from './run-limits.ts';
import { createAssigner } from './runs/assignment.ts';
import { createCollector } from './runs/collect.ts';

test('a cluster that ended while it was taken up again holds no cores', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-reconcile-'));
  await using database = await openDatabase(join(base.path, 'quarry.db'));
  const storage = await openStorage({ kind: 'fs', directory: base.path });
  const [clock, logger, secret] = [systemClock(), createLogger('fatal'), randomBytes(32)];
  const background = createBackground({ clock, logger });
  await using scheduler = createLocalScheduler({
    capacity: 1,
    looking: background.task('agents'),
    agentMain: '/nowhere',
    environment: () => ({}),
  });
  const authenticator = createAuthenticator({ database, clock, clusterOfToken: () => null });
  await using engine = createEngine({
    scheduling: background.task('scheduling'),
    ...{ database, clock, scheduler, authenticator, logger, secret },
    ...{
      news: createNews(),
      directories: { remove: () => expect.unreachable('Nothing is removed here.') },
      sandbox: { mode: 'off', hiddenPaths: [] },
      visiblePathsOf: async () => [],
      limits: runLimits(LIMITS),
      serverUrl: () => '',
      serverFile: null,
    },
  });
  const definitions = createDefinitions(database.read);
  const assigner = createAssigner({
    ...{ database, definitions, storage, secret, sharedFileSystem: true },
    ...{ platformUrl: () => '', platformName: 'test' },
    catalog: () => expect.unreachable('Nothing is assigned here.'),
  });
  const site = { clustersDirectory: base.path, schedulerName: 'local', lostRunDays: 7 };
  const collector = createCollector({ storage, logger });
  const exchanges = createExchanges({
    ...{ database, clock, definitions, engine, assigner, collector, site },
    onDiscarded: () => expect.unreachable('Nothing is resumed here.'),
    onUnwanted: () => expect.unreachable('Nothing is retried here.'),
  });
  await using _ = createReconciler({
    comparing: background.task('reconciliation'),
    ...{ database, clock, engine, exchanges, scheduler, logger, site },
    onDiscarded: () => expect.unreachable('Nothing is resumed here.'),
  });

  const request = (clusterId: string) => ({
    ...{ clusterId, slots: 1, coresPerSlot: 1, walltimeSeconds: 3600, isLowPriority: false },
    directory: join(base.path, clusterId),
  });
  // The database knows of no such cluster any more, and its process, of another boot, is gone.
  scheduler.adopt(request('ended'), { pid: process.pid, startTicks: '0' }, 0);
  expect(scheduler.place([request('next')])).toMatchObject([{ decision: 'wait' }]);
  while (scheduler.place([request('next')])[0]!.decision !== 'start') await sleep(20);
  await storage.close();
});
