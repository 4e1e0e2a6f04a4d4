import { join } from 'node:path';
import type { Authenticator } from '../../access/authenticate.ts';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import { findQueuedJobs } from '../../db/queries/live-jobs.ts';
import { noteEnded } from '../../db/queries/write-clusters.ts';
import { changeWaiting, noteWaiting } from '../../db/queries/write-waiting.ts';
import type { PersistentClusterRow } from '../../db/tables.ts';
import type { Deliveries } from '../../deliveries/deliveries.ts';
import type { Logger } from '../../logger.ts';
import type { ClusterRequest, Placement, Scheduler } from '../../schedulers/scheduler.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import type { AgentTokens } from './agent-tokens.ts';
import type { ClusterDirectories } from './cluster-directories.ts';
import { toRequest } from './cluster-request.ts';
import type { ClusterStarter } from './cluster-starter.ts';
import { Dependents } from './dependents.ts';
import type { JobChanges } from './job-changes.ts';
import { Passes } from './passes.ts';
import { placeByCluster } from './place-by-cluster.ts';
import type { JobEvent } from './state.ts';
import { type Applied, applyEvent, readState } from './store.ts';

/** Between a look at the queue that failed, as on a full disk, and the next one. */
const RETRY_MS = 2000;

export interface EngineOptions {
  database: Database;
  clock: Clock;
  scheduler: Scheduler;
  starter: ClusterStarter;
  tokens: AgentTokens;
  directories: Pick<ClusterDirectories, 'remove'>;
  deliveries: Pick<Deliveries, 'forget'>;
  /** Where the server keeps what it knows of clusters. */
  clustersDirectory: string;
  authenticator: Authenticator;
  jobChanges: JobChanges;
  logger: Logger;
  /** Persistent clusters, which wait in the same queue. */
  keeper: {
    findQueued(): Promise<QueuedPersistent[]>;
    carryOut(row: PersistentClusterRow, placement: Placement): Promise<void>;
    look(): void;
  };
  scheduling: BackgroundTask;
  telling: BackgroundTask;
}

/** A persistent cluster that is to be started. */
export interface QueuedPersistent {
  row: PersistentClusterRow;
  request: ClusterRequest;
}

type QueuedJob = Awaited<ReturnType<typeof findQueuedJobs>>[number];

/**
 * Performs what the state machine decides: starts clusters for queued jobs, tells agents, cleans up. Every
 * effect may be repeated, since a crash between a transaction and its effects repeats them by reconciliation.
 */
export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #listeners: Array<(clusterId: string) => void> = [];
  readonly #queue: Passes;
  readonly #dependents: Dependents;
  readonly #background = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#dependents = new Dependents({
      database: options.database,
      clock: options.clock,
      looking: options.telling,
      perform: (applied) => this.perform(applied),
    });
    this.#queue = new Passes(() => options.scheduling.run(() => this.#pass()), { retryMs: RETRY_MS });
  }

  /** Applies an event in a transaction of its own and performs its effects. */
  async apply(jobId: string, event: JobEvent): Promise<Applied> {
    const { database, clock } = this.#options;
    const applied = await database.write((queries) => applyEvent(queries, clock, jobId, event), {
      mayUseReserve: true,
    });
    this.perform([applied]);
    return applied;
  }

  /** Tells of events that were applied in somebody else's transaction, now durable, and performs their effects. */
  perform(applied: readonly Applied[]): void {
    const { jobChanges, authenticator } = this.#options;
    for (const { jobId, clusterId, effects, hasNewStatus } of applied) {
      jobChanges.tell(jobId, hasNewStatus ? 'status' : 'progress');
      for (const effect of effects) {
        if (effect === 'schedule') {
          this.schedule();
        }
        if (effect === 'notify_agent' && clusterId) {
          for (const listener of this.#listeners) {
            listener(clusterId);
          }
        }
        if (effect === 'forget_key') {
          authenticator.forget();
        }
        if (effect === 'look_at_dependents') {
          this.#dependents.look(jobId);
        }
        if (effect === 'release_cluster' && clusterId) {
          this.#inBackground(this.#releaseCluster(clusterId));
        }
      }
    }
  }

  /** Looks at the queue soon. */
  schedule(): void {
    this.#queue.ask();
  }

  /** Looks soon at the jobs that wait for this one, which has ended or is gone; without one, at all that wait for others. */
  lookAtDependents(jobId?: string): void {
    if (jobId === undefined) {
      this.#dependents.lookAtAll();
    } else {
      this.#dependents.look(jobId);
    }
  }

  /** Starts a launched cluster again whose agent never came up. */
  restart(request: ClusterRequest, jobId: string): Promise<void> {
    return this.#start(request, jobId);
  }

  /** Whether a cluster is between the row that says it was launched and its agent: not there yet, but not gone. */
  isStarting(clusterId: string): boolean {
    return this.#options.starter.isStarting(clusterId);
  }

  /** Called with a cluster's id when its agent has something to learn. */
  onNotify(listener: (clusterId: string) => void): void {
    this.#listeners.push(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#dependents[Symbol.asyncDispose]();
    await this.#queue[Symbol.asyncDispose]();
    await Promise.all(this.#background);
  }

  /** One look at the queue: every job that waits is placed, started, or told why it waits on. */
  async #pass(): Promise<void> {
    const { database, scheduler, keeper } = this.#options;
    const queue = (await findQueuedJobs(database.read)).filter(isWaiting);
    const persistent = await keeper.findQueued();
    if (queue.length + persistent.length === 0) {
      return;
    }
    const held = placeByCluster(queue);
    const asking = queue.filter(({ clusterId }) => !held.has(clusterId));
    const placements = scheduler.place(inOrderOfSubmission(asking, persistent));
    const byCluster = new Map(queue.map((entry) => [entry.clusterId, entry]));
    const newlyWaiting: Placement[] = [];
    const stillWaiting: Array<{ jobId: string; waiting: string }> = [];
    for (const placement of [...held.values(), ...placements]) {
      const entry = byCluster.get(placement.clusterId);
      if (!entry) {
        await keeper.carryOut(persistent.find(({ row }) => row.id === placement.clusterId)!.row, placement);
      } else if (placement.decision !== 'wait') {
        await this.#carryOut(entry, placement);
      } else if (entry.waiting === null) {
        newlyWaiting.push(placement);
      } else {
        const waiting = JSON.stringify(placement.waiting);
        if (waiting !== entry.waiting) {
          stillWaiting.push({ jobId: entry.jobId, waiting });
        }
      }
    }
    // Whenever a job ends, the position of each that waits changes: they are told together, in one transaction.
    await Promise.all([
      ...newlyWaiting.map((placement) => this.#carryOut(byCluster.get(placement.clusterId)!, placement)),
      ...(stillWaiting.length > 0 ? [database.write((queries) => changeWaiting(queries, stillWaiting))] : []),
    ]);
  }

  async #carryOut(entry: QueuedJob, placement: Placement): Promise<void> {
    switch (placement.decision) {
      case 'wait':
        return await this.#tellWaiting(entry, JSON.stringify(placement.waiting));
      case 'refuse':
        await this.apply(entry.jobId, { type: 'queued' });
        await this.apply(entry.jobId, { type: 'refused', failure: placement.failure });
        return;
      case 'start':
        await this.#launch(entry);
    }
  }

  async #tellWaiting({ jobId }: QueuedJob, waiting: string): Promise<void> {
    const { database, clock } = this.#options;
    const applied = await database.write(async (queries) => {
      const queued = await applyEvent(queries, clock, jobId, { type: 'queued' });
      const told = await applyEvent(queries, clock, jobId, { type: 'waiting' });
      if (told.state.phase === 'queued') {
        await noteWaiting(queries, jobId, waiting);
      }
      return [queued, told];
    });
    this.perform(applied);
  }

  async #launch(entry: QueuedJob): Promise<void> {
    const { database, clock, starter } = this.#options;
    const request = toRequest(entry);
    // Durable before the agent exists: a crash in between leaves a cluster that reconciliation starts again.
    await starter.whileStarting(request.clusterId, async () => {
      const applied = await database.write(async (queries) => [
        await applyEvent(queries, clock, entry.jobId, { type: 'queued' }),
        await applyEvent(queries, clock, entry.jobId, { type: 'launched' }),
      ]);
      this.perform(applied);
      if (applied.at(-1)!.state.phase === 'launched') {
        await this.#start(request, entry.jobId);
      }
    });
  }

  async #start(request: ClusterRequest, jobId: string): Promise<void> {
    const { starter, logger } = this.#options;
    await starter.whileStarting(request.clusterId, async () => {
      try {
        await starter.start(request, jobId);
      } catch (error) {
        logger.error({ err: error, job: jobId, cluster: request.clusterId }, 'cluster could not be started');
        await this.apply(jobId, {
          type: 'refused',
          failure: {
            code: 'cluster_not_started',
            message: `The scheduler could not start a cluster: ${(error as Error).message}`,
            hint: 'Whoever runs the platform finds more in its log.',
          },
        });
      }
    });
  }

  async #releaseCluster(clusterId: string): Promise<void> {
    const { database, clock, tokens, authenticator, scheduler, directories, deliveries, clustersDirectory } =
      this.#options;
    const { directory, sharesFiles, holdsOutputs } = await database.write(
      (queries) => noteEnded(queries, clusterId, clock.now()),
      {
        mayUseReserve: true,
      },
    );
    tokens.forget(clusterId);
    authenticator.forget();
    scheduler.release(clusterId);
    this.schedule();
    this.#options.keeper.look();
    // What is left when the server stops is removed by its next start.
    if (!sharesFiles) {
      await deliveries.forget(clusterId);
      await directories.remove(join(clustersDirectory, clusterId), this.#closing.signal);
    } else if (!holdsOutputs) {
      await directories.remove(directory, this.#closing.signal);
    }
  }

  #inBackground(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error) => {
        this.#options.logger.error({ err: error }, 'an effect failed; reconciliation will repeat it');
      })
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }
}

/** All in one line, whether they are for a job or persist: first come, first served. */
function inOrderOfSubmission(
  jobs: readonly QueuedJob[],
  persistent: readonly QueuedPersistent[],
): ClusterRequest[] {
  const dated = [
    ...jobs.map((entry) => ({ request: toRequest(entry), at: entry.dateSubmitted ?? '' })),
    ...persistent.map(({ row, request }) => ({ request, at: row.date_submitted ?? '' })),
  ];
  if (persistent.length > 0) {
    dated.sort((a, b) => (a.at < b.at ? -1 : 1));
  }
  return dated.map(({ request }) => request);
}

function isWaiting({ state }: QueuedJob): boolean {
  const { phase } = readState(state);
  return phase === 'submitted' || phase === 'queued';
}
