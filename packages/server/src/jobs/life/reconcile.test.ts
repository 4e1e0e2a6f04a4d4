import { randomBytes } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createAuthenticator } from '../../access/authenticate.ts';
import { Sessions } from '../../access/sessions.ts';
import { Tickets } from '../../access/tickets.ts';
import { systemClock } from '../../clock.ts';
import { openDatabase } from '../../db/open.ts';
import { Deliveries } from '../../deliveries/deliveries.ts';
import { LIMITS } from '../../limits.ts';
import { createLogger } from '../../logger.ts';
import { createLocalScheduler } from '../../schedulers/local/local.ts';
import { openStorage } from '../../storage/registry.ts';
import { createBackground } from '../../upkeep/background.ts';
import { createDefinitions } from '../definition/definitions.ts';
import { Assigner } from '../runs/assignment.ts';
import { createCollector } from '../runs/collect.ts';
import { AgentTokens } from './agent-tokens.ts';
import { ClusterStarter } from './cluster-starter.ts';
import { Engine } from './engine.ts';
import { Exchanges } from './exchange.ts';
import { createJobChanges } from './job-changes.ts';
import { measureFor, Reconciler } from './reconcile.ts';
import { runLimits } from './run-limits.ts';

test('a cluster that ended while it was taken up again holds no cores', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-reconcile-'));
  await using database = await openDatabase(join(base.path, 'quarry.db'));
  const storage = await openStorage({ kind: 'fs', directory: base.path });
  const [clock, logger] = [systemClock(), createLogger('fatal')];
  const background = createBackground({ clock, logger });
  await using scheduler = createLocalScheduler({
    cores: 1,
    isStandIn: false,
    gpus: [],
    looking: background.task('agents'),
    agentMain: '/nowhere',
    environment: () => ({}),
    agentPrefix: [],
    agentDirectory: null,
    serverUrl: () => '',
  });
  const authenticator = createAuthenticator({
    database,
    clock,
    clusterOfToken: () => null,
    tickets: new Tickets(clock),
    sessions: new Sessions({ database, clock, idleHours: 1, days: 1 }),
  });
  const tokens = new AgentTokens(randomBytes(32));
  const starter = new ClusterStarter({
    database,
    scheduler,
    tokens,
    sandbox: { mode: 'off', hiddenPaths: [] },
    visiblePathsOf: async () => [],
    memoryBytesOf: () => 0,
    devicesOf: async () => [],
    limits: runLimits(LIMITS),
    ssh: null,
    serverUrl: () => '',
    serverFile: null,
    clustersDirectory: base.path,
  });
  const deliveries = new Deliveries({ database, storage, clock, logger });
  await using engine = new Engine({
    database,
    clock,
    scheduler,
    starter,
    tokens,
    directories: { remove: () => expect.unreachable('Nothing is removed here.') },
    deliveries,
    clustersDirectory: base.path,
    authenticator,
    jobChanges: createJobChanges(),
    logger,
    keeper: {
      findQueued: async () => [],
      carryOut: () => expect.unreachable('No cluster is persistent here.'),
      look: () => undefined,
    },
    telling: background.task('telling'),
    scheduling: background.task('scheduling'),
  });
  const definitions = createDefinitions(database.read);
  const platform = () => expect.unreachable('Nothing is assigned here.');
  const assigner = new Assigner({ database, definitions, platform });
  const site = {
    ...{ clustersDirectory: base.path, agentDirectory: null },
    ...{ schedulerName: 'local', lostRunDays: 7 },
  };
  const collector = createCollector({ storage, deliveries, logger });
  const exchanges = new Exchanges({
    ...{ database, clock, definitions, engine, assigner, collector, site },
    onEnding: () => ({ [Symbol.dispose]: () => undefined }),
    onDiscarded: () => expect.unreachable('Nothing is resumed here.'),
    onUnwanted: () => expect.unreachable('Nothing is retried here.'),
    usageSampleSeconds: 10,
    onUsageLost: () => expect.unreachable('Nobody tells what runs use here.'),
  });
  await using _ = new Reconciler({
    comparing: background.task('reconciliation'),
    ...{ database, clock, engine, tokens, exchanges, scheduler, logger, site },
    onDiscarded: () => expect.unreachable('Nothing is resumed here.'),
  });

  const request = (clusterId: string) => ({
    ...{ clusterId, slots: 1, coresPerSlot: 1, gpusPerSlot: 0, coreType: 'quartz' },
    walltimeSeconds: 3600,
    isLowPriority: false,
    directory: join(base.path, clusterId),
    sharesFiles: true,
  });
  // The database knows of no such cluster any more, and its process, of another boot, is gone.
  scheduler.adopt(request('ended'), { pid: process.pid, startTicks: '0' }, 0);
  expect(scheduler.place([request('next')])).toMatchObject([{ decision: 'wait' }]);
  while (scheduler.place([request('next')])[0]!.decision !== 'start') {
    await sleep(20);
  }
  await storage.close();
});

test.each([
  ['a cluster that waits to be launched is left alone', 'not_started', 'c', 'gone', 'none'],
  ['a job that was never submitted has none', 'none', 'c', 'gone', 'none'],
  ['an agent that lives is looked at for its time', 'started', 'c', 'alive', 'look'],
  ['what a dead agent left is brought to its end', 'started', 'c', 'gone', 'end'],
  ['an agent that was dismissed and has gone is brought to its end', 'dismissed', 'c', 'gone', 'end'],
  ['a cluster that has ended is released, whatever became of its agent', 'stopped', 'c', 'alive', 'release'],
  ['and so is one whose job has another one now', 'started', 'other', 'alive', 'release'],
] as const)('%s', (_what, cluster, currentClusterId, life, measure) => {
  expect(measureFor({ clusterId: 'c', currentClusterId }, { cluster }, () => life)).toBe(measure);
});
