/**
 * Compares what the database says of clusters with what the scheduler sees, at the start and whenever an agent
 * ends. It only makes events and repeats effects; the state machine decides.
 *
 *   database says          agent lives        agent is gone
 *   launched, no handle    take note of it    start it again (a crash came between row and process)
 *   launched, in start     nothing            nothing (it is not there yet)
 *   launched .. executing  nothing            have what it left collected (`salvage.ts`), apply its journal; then
 *                                             `lose-agent.ts` if the job has not ended
 *   dismissed              nothing            apply its journal; then the cluster has ended
 *   stopped or superseded  release            release (a crash or a failure came between transaction and effect)
 *   ended                  nothing            give back what the scheduler still holds for it
 *   overdue                kill, then as gone (`overdue.ts` says when)
 */
import { join } from 'node:path';
import type { Failure } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { findLiveClusters } from '../db/queries/live-jobs.ts';
import type { Logger } from '../logger.ts';
import type { Handle, Scheduler } from '../schedulers/scheduler.ts';
import type { BackgroundTask } from '../upkeep/background.ts';
import { type Engine, toRequest } from './engine.ts';
import type { Exchanges } from './exchange.ts';
import { loseAgent } from './lose-agent.ts';
import type { ClusterSite } from './new-cluster.ts';
import { createOverdue } from './overdue.ts';
import { readJournal } from './read-journal.ts';
import { createSalvager } from './salvage.ts';
import type { JobState } from './state.ts';
import { readState } from './store.ts';

const INTERVAL_MS = 2000;

const AGENT_LOST: Failure = {
  code: 'agent_lost',
  message: 'The agent that ran the job died before the job had ended.',
  hint: 'The host may have run out of memory or been restarted. Run it again (POST jobs/{id}/runs/rerun/, or quarry runs rerun).',
};

export interface Reconciler extends AsyncDisposable {
  /** Makes the agents of before known, which must be done before the first of them is answered. */
  expectAgents(): Promise<void>;
  /** Takes up clusters that outlived the server, ends those named, and repeats what a crash left undone. */
  resume(toEnd: ReadonlySet<string>): Promise<void>;
  /** Compares from now on, on a timer and whenever an agent ends. */
  start(): void;
}

type LiveCluster = Awaited<ReturnType<typeof findLiveClusters>>[number];

export function createReconciler(options: {
  database: Database;
  clock: Clock;
  engine: Engine;
  exchanges: Exchanges;
  scheduler: Scheduler;
  logger: Logger;
  site: ClusterSite;
  comparing: BackgroundTask;
  onDiscarded: (directories: readonly string[]) => void;
}): Reconciler {
  const { database, clock, engine, exchanges, scheduler, logger, site, comparing, onDiscarded } = options;
  const salvager = createSalvager({ database, engine, scheduler, logger });
  let isClosing = false;
  const busy = new Map<string, Promise<void>>();
  const { sharedFileSystem } = scheduler.capabilities;
  const overdue = createOverdue({ silentMs: exchanges.silentMs, sharedFileSystem });
  let timer: NodeJS.Timeout | null = null;

  async function expectAgents(): Promise<void> {
    for (const { clusterId } of await findLiveClusters(database.read)) engine.expectAgent(clusterId);
  }

  async function resume(toEnd: ReadonlySet<string>): Promise<void> {
    for (const cluster of await findLiveClusters(database.read)) {
      const state = readState(cluster.state);
      if (isOver(cluster, state)) release(cluster, state);
      else if (state.cluster !== 'none' && state.cluster !== 'not_started') {
        await adopt(cluster);
        if (toEnd.has(cluster.clusterId)) await scheduler.kill(cluster.clusterId);
      }
    }
    engine.schedule();
  }

  /** It has ended, or another cluster of the job has taken its place. */
  function isOver({ clusterId, currentClusterId }: LiveCluster, state: JobState): boolean {
    return state.cluster === 'stopped' || clusterId !== currentClusterId;
  }

  function release({ jobId, clusterId }: LiveCluster, state: JobState): void {
    overdue.forget(clusterId);
    engine.perform([{ jobId, clusterId, state, effects: ['release_cluster'], hasNewStatus: false }]);
  }

  async function adopt(cluster: LiveCluster): Promise<void> {
    const request = toRequest(cluster);
    const handle = cluster.handle ? (JSON.parse(cluster.handle) as Handle) : await scheduler.find(request);
    if (handle) scheduler.adopt(request, handle, await overdue.ranForMs(cluster));
    else await engine.restart(request, cluster.jobId);
  }

  async function compare(): Promise<void> {
    for (const cluster of await findLiveClusters(database.read)) {
      const state = readState(cluster.state);
      if (isOver(cluster, state)) release(cluster, state);
      else if (state.cluster === 'none' || state.cluster === 'not_started') continue;
      // None waits for another: what an agent has left may take minutes to collect.
      else if (scheduler.life(cluster.clusterId) === 'gone') void settle(cluster.clusterId);
      else if (await overdue.isOverdue(cluster)) {
        logger.warn({ cluster: cluster.clusterId }, 'an agent did not end its run in time and is killed');
        await scheduler.kill(cluster.clusterId);
        void settle(cluster.clusterId);
      }
    }
  }

  /** Brings a cluster whose agent is gone to its end; only one settling at a time per cluster. */
  function settle(clusterId: string): Promise<void> {
    const running = busy.get(clusterId);
    if (running) return running;
    // Looked at again by the next comparison.
    if (engine.isStarting(clusterId)) return Promise.resolve();
    const work = settleOnce(clusterId)
      .catch((error) => {
        if (!isClosing)
          logger.error({ err: error, cluster: clusterId }, 'reconciliation failed; it will be tried again');
      })
      .finally(() => busy.delete(clusterId));
    busy.set(clusterId, work);
    return work;
  }

  async function settleOnce(clusterId: string): Promise<void> {
    const cluster = (await findLiveClusters(database.read)).find((each) => each.clusterId === clusterId);
    if (!cluster || cluster.clusterId !== cluster.currentClusterId) {
      // It ended while it was being taken up again, and what was noted of it then would be held for ever.
      scheduler.release(clusterId);
      engine.schedule();
      return;
    }
    const before = readState(cluster.state);
    if (before.cluster === 'none' || before.cluster === 'not_started' || before.cluster === 'stopped') return;
    // Commands that outlived their agent must not go on writing to a run that is over.
    if (before.phase !== 'completed') await scheduler.kill(clusterId);
    if (sharedFileSystem) {
      if (before.phase !== 'completed') {
        const { jobId, appliedEvent } = cluster;
        await salvager.salvage({ jobId, appliedEvent, request: toRequest(cluster) });
      }
      const journal = readJournal(join(cluster.directory, 'journal.ndjson'), cluster.appliedEvent);
      for await (const events of journal) await exchanges.applyEvents(clusterId, events);
    }
    const lost = await database.write((queries) => loseAgent(queries, clock, site, cluster, AGENT_LOST), {
      mayUseReserve: true,
    });
    engine.perform([lost.applied]);
    if (lost.discarded.length > 0) onDiscarded(lost.discarded);
    const { state } = lost.applied;
    if (before.phase !== 'completed' && state.phase !== 'completed') {
      logger.warn(
        { job: cluster.jobId, cluster: clusterId },
        'an agent died; what is left goes to another cluster',
      );
    } else if (before.phase !== 'completed' && state.failure?.code === AGENT_LOST.code) {
      logger.error({ job: cluster.jobId, cluster: clusterId }, 'the agent of a job died');
    }
  }

  scheduler.onEnd((clusterId) => void settle(clusterId));

  return {
    expectAgents,
    resume,
    start() {
      let running = false;
      timer = setInterval(() => {
        if (running) return;
        running = true;
        void comparing.run(compare).finally(() => {
          running = false;
        });
      }, INTERVAL_MS);
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      salvager.close();
      if (timer) clearInterval(timer);
      await Promise.all(busy.values());
    },
  };
}
