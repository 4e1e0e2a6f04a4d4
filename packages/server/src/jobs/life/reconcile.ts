import { join } from 'node:path';
import type { Failure } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import { findLiveClusters } from '../../db/queries/live-jobs.ts';
import type { Logger } from '../../logger.ts';
import type { Handle, Scheduler } from '../../schedulers/scheduler.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import type { AgentTokens } from './agent-tokens.ts';
import { toRequest } from './cluster-request.ts';
import type { Engine } from './engine.ts';
import type { Exchanges } from './exchange.ts';
import { loseAgent } from './lose-agent.ts';
import type { ClusterSite } from './new-cluster.ts';
import { createOverdue, type Overdue } from './overdue.ts';
import { readJournal } from './read-journal.ts';
import { createSalvager, type Salvager } from './salvage.ts';
import type { JobState } from './state.ts';
import { readState } from './store.ts';

const INTERVAL_MS = 2000;

const AGENT_LOST: Failure = {
  code: 'agent_lost',
  message: 'The agent that ran the job died before the job had ended.',
  hint: 'The host may have run out of memory or been restarted. Run it again (POST jobs/{id}/runs/rerun/, or quarry runs rerun).',
};

export interface ReconcilerOptions {
  database: Database;
  clock: Clock;
  engine: Engine;
  tokens: AgentTokens;
  exchanges: Exchanges;
  scheduler: Scheduler;
  logger: Logger;
  site: ClusterSite;
  comparing: BackgroundTask;
  /** Called with directories of runs in which nothing is left. */
  onDiscarded: (directories: readonly string[]) => void;
}

type LiveCluster = Awaited<ReturnType<typeof findLiveClusters>>[number];

/** What is to be done about a cluster; the table at the top says why. */
export type Measure = 'none' | 'release' | 'end' | 'look';

/** Which measure the table names for a cluster whose agent lives or is gone; `look` is a look at its time. */
export function measureFor(
  { clusterId, currentClusterId }: Pick<LiveCluster, 'clusterId' | 'currentClusterId'>,
  { cluster }: Pick<JobState, 'cluster'>,
  life: () => 'alive' | 'gone',
): Measure {
  // It has ended, or another cluster of the job has taken its place.
  if (cluster === 'stopped' || clusterId !== currentClusterId) {
    return 'release';
  }
  if (cluster === 'none' || cluster === 'not_started') {
    return 'none';
  }
  return life() === 'gone' ? 'end' : 'look';
}

export class Reconciler implements AsyncDisposable {
  readonly #options: ReconcilerOptions;
  readonly #salvager: Salvager;
  readonly #overdue: Overdue;
  /** Clusters that are being brought to their end. */
  readonly #ending = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #isComparing = false;
  #isClosing = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { database, engine, scheduler, logger, exchanges } = options;
    this.#salvager = createSalvager({ database, engine, scheduler, logger });
    this.#overdue = createOverdue({ silentMs: (clusterId) => exchanges.silentMs(clusterId) });
    scheduler.onEnd((clusterId) => void this.#end(clusterId));
  }

  /** Makes the agents of before known, which must be done before the first of them is answered. */
  async expectAgents(): Promise<void> {
    for (const { clusterId } of await this.#findLive()) {
      this.#options.tokens.expect(clusterId);
    }
  }

  /** Takes up clusters that outlived the server, ends those named, and repeats what a crash left undone. */
  async resume(toEnd: ReadonlySet<string>): Promise<void> {
    const { scheduler, engine } = this.#options;
    for (const cluster of await this.#findLive()) {
      const state = readState(cluster.state);
      const measure = measureFor(cluster, state, () => 'alive');
      if (measure === 'release') {
        this.#release(cluster, state);
      } else if (measure === 'look') {
        await this.#adopt(cluster);
        if (toEnd.has(cluster.clusterId)) {
          await scheduler.kill(cluster.clusterId);
        }
      }
    }
    engine.schedule();
    engine.lookAtDependents();
  }

  /** Compares from now on, on a timer and whenever an agent ends. */
  start(): void {
    this.#timer = setInterval(() => void this.#tryCompare(), INTERVAL_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#salvager.close();
    if (this.#timer) {
      clearInterval(this.#timer);
    }
    await Promise.all(this.#ending.values());
  }

  #findLive(): Promise<LiveCluster[]> {
    return findLiveClusters(this.#options.database.read);
  }

  async #tryCompare(): Promise<void> {
    if (this.#isComparing) {
      return;
    }
    this.#isComparing = true;
    await this.#options.comparing.run(() => this.#compare());
    this.#isComparing = false;
  }

  async #compare(): Promise<void> {
    const { scheduler, logger } = this.#options;
    for (const cluster of await this.#findLive()) {
      const { clusterId } = cluster;
      const state = readState(cluster.state);
      const measure = measureFor(cluster, state, () => scheduler.life(clusterId));
      if (measure === 'release') {
        this.#release(cluster, state);
      } else if (measure === 'end') {
        // None waits for another: what an agent has left may take minutes to collect.
        void this.#end(clusterId);
      } else if (measure === 'look' && (await this.#overdue.isOverdue(cluster))) {
        logger.warn({ cluster: clusterId }, 'an agent did not end its run in time and is killed');
        await scheduler.kill(clusterId);
        void this.#end(clusterId);
      }
    }
  }

  #release({ jobId, clusterId }: LiveCluster, state: JobState): void {
    this.#overdue.forget(clusterId);
    const released = { jobId, clusterId, state, hasNewStatus: false };
    this.#options.engine.perform([{ ...released, effects: ['release_cluster'] }]);
  }

  async #adopt(cluster: LiveCluster): Promise<void> {
    const { scheduler, engine } = this.#options;
    const request = toRequest(cluster);
    const handle = cluster.handle ? (JSON.parse(cluster.handle) as Handle) : await scheduler.find(request);
    if (handle) {
      scheduler.adopt(request, handle, await this.#overdue.ranForMs(cluster));
    } else {
      await engine.restart(request, cluster.jobId);
    }
  }

  /** Brings a cluster whose agent is gone to its end; each once at a time. */
  #end(clusterId: string): Promise<void> {
    const underWay = this.#ending.get(clusterId);
    if (underWay) {
      return underWay;
    }
    const { engine, logger } = this.#options;
    // Looked at again by the next comparison.
    if (engine.isStarting(clusterId)) {
      return Promise.resolve();
    }
    const work = this.#endNow(clusterId)
      .catch((error) => {
        if (!this.#isClosing) {
          logger.error({ err: error, cluster: clusterId }, 'reconciliation failed; it will be tried again');
        }
      })
      .finally(() => this.#ending.delete(clusterId));
    this.#ending.set(clusterId, work);
    return work;
  }

  async #endNow(clusterId: string): Promise<void> {
    const { database, clock, engine, exchanges, scheduler, site, onDiscarded } = this.#options;
    const cluster = (await this.#findLive()).find((each) => each.clusterId === clusterId);
    if (!cluster || cluster.clusterId !== cluster.currentClusterId) {
      // It ended while it was being taken up again, and what was noted of it then would be held for ever.
      scheduler.release(clusterId);
      engine.schedule();
      return;
    }
    const before = readState(cluster.state);
    if (before.cluster === 'none' || before.cluster === 'not_started' || before.cluster === 'stopped') {
      return;
    }
    const isUnderWay = before.phase !== 'completed';
    if (isUnderWay) {
      // Commands that outlived their agent must not go on writing to a run that is over.
      await scheduler.kill(clusterId);
      const { jobId, appliedEvent } = cluster;
      await this.#salvager.salvage({ jobId, appliedEvent, request: toRequest(cluster) });
    }
    if (cluster.sharesFiles === 1) {
      const journal = readJournal(join(cluster.directory, 'journal.ndjson'), cluster.appliedEvent);
      for await (const events of journal) {
        await exchanges.applyEvents(clusterId, events);
      }
    }
    const lost = await database.write((queries) => loseAgent(queries, clock, site, cluster, AGENT_LOST), {
      mayUseReserve: true,
    });
    engine.perform([lost.applied]);
    if (lost.discarded.length > 0) {
      onDiscarded(lost.discarded);
    }
    if (isUnderWay) {
      this.#tellLoss(cluster, lost.applied.state);
    }
  }

  #tellLoss({ jobId: job, clusterId: cluster }: LiveCluster, state: JobState): void {
    const { logger } = this.#options;
    if (state.phase !== 'completed') {
      logger.warn({ job, cluster }, 'an agent died; what is left goes to another cluster');
    } else if (state.failure?.code === AGENT_LOST.code) {
      logger.error({ job, cluster }, 'the agent of a job died');
    }
  }
}
