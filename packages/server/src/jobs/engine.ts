import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterFile } from '@quarry/contract';
import type { Authenticator } from '../access/authenticate.ts';
import { derivedKey, hashKey } from '../access/keys.ts';
import type { Clock } from '../clock.ts';
import type { Database, Queries } from '../db/database.ts';
import { prepared } from '../db/prepared.ts';
import { findQueuedJobs } from '../db/queries/live-jobs.ts';
import type { Logger } from '../logger.ts';
import type { ClusterRequest, Placement, Scheduler } from '../schedulers/scheduler.ts';
import type { BackgroundTask } from '../upkeep/background.ts';
import type { ClusterDirectories } from './cluster-directories.ts';
import type { News } from './news.ts';
import type { JobEvent, JobState } from './state.ts';
import { type Applied, applyEvent } from './store.ts';

/** Between a look at the queue that failed, as on a full disk, and the next one. */
const RETRY_MS = 2000;

export interface EngineOptions {
  database: Database;
  clock: Clock;
  scheduler: Scheduler;
  directories: Pick<ClusterDirectories, 'remove'>;
  authenticator: Authenticator;
  news: News;
  logger: Logger;
  scheduling: BackgroundTask;
  secret: Buffer;
  sandbox: Omit<ClusterFile['sandbox'], 'visiblePaths'>;
  /** What the sandbox of a job shows of hidden places. */
  visiblePathsOf: (jobId: string) => Promise<string[]>;
  limits: ClusterFile['limits'];
  /** Where agents reach the server, and the file that names it after a restart. */
  serverUrl: () => string;
  serverFile: string | null;
}

/**
 * Performs what the state machine decides: starts clusters for queued jobs, tells agents, cleans up. Every
 * effect may be repeated, since a crash between a transaction and its effects repeats them by reconciliation.
 */
export interface Engine extends AsyncDisposable {
  /** Applies an event in a transaction of its own and performs its effects. */
  apply(jobId: string, event: JobEvent): Promise<Applied>;
  /** Tells of events that were applied in somebody else's transaction, now durable, and performs their effects. */
  perform(applied: readonly Applied[]): void;
  /** Looks at the queue soon. */
  schedule(): void;
  /** Starts a launched cluster again whose agent never came up. */
  restart(request: ClusterRequest, jobId: string): Promise<void>;
  /** Whether a cluster is between the row that says it was launched and its agent: not there yet, but not gone. */
  isStarting(clusterId: string): boolean;
  /** Called with a cluster's id when its agent has something to learn. */
  onNotify(listener: (clusterId: string) => void): void;
  /** The cluster that a token's hash belongs to. */
  clusterOfToken(hash: string): string | null;
  /** Makes a cluster's token known, after a restart. */
  expectAgent(clusterId: string): void;
}

type QueuedJob = Awaited<ReturnType<typeof findQueuedJobs>>[number];

export function createEngine(options: EngineOptions): Engine {
  const { database, clock, scheduler, logger } = options;
  const tokens = new Map<string, string>();
  const listeners: Array<(clusterId: string) => void> = [];
  const starting = new Set<string>();
  let passing: Promise<void> | null = null;
  let passAgain = false;
  let retry: NodeJS.Timeout | undefined;
  const closing = new AbortController();

  function schedule(): void {
    if (closing.signal.aborted) return;
    if (passing) {
      passAgain = true;
      return;
    }
    passing = options.scheduling
      .run(pass)
      .then((isDone) => {
        if (isDone) return;
        clearTimeout(retry);
        retry = setTimeout(schedule, RETRY_MS);
      })
      .finally(() => {
        passing = null;
        if (passAgain) {
          passAgain = false;
          schedule();
        }
      });
  }

  /** One look at the queue: every job that waits is placed, started, or told why it waits on. */
  async function pass(): Promise<void> {
    const queue = (await findQueuedJobs(database.read)).filter(isWaiting);
    if (queue.length === 0) return;
    const placements = scheduler.place(queue.map(toRequest));
    const byCluster = new Map(queue.map((entry) => [entry.clusterId, entry]));
    const untold: Placement[] = [];
    const told: Array<{ jobId: string; waiting: string }> = [];
    for (const placement of placements) {
      const entry = byCluster.get(placement.clusterId)!;
      if (placement.decision !== 'wait') await carryOut(entry, placement);
      else if (entry.waiting === null) untold.push(placement);
      else {
        const waiting = JSON.stringify(placement.waiting);
        if (waiting !== entry.waiting) told.push({ jobId: entry.jobId, waiting });
      }
    }
    // Whenever a job ends, the position of each that waits changes: they are told together, in one transaction.
    await Promise.all([
      ...untold.map((placement) => carryOut(byCluster.get(placement.clusterId)!, placement)),
      ...(told.length > 0 ? [database.write((queries) => changeWaiting(queries, told))] : []),
    ]);
  }

  async function carryOut(entry: QueuedJob, placement: Placement): Promise<void> {
    switch (placement.decision) {
      case 'wait': {
        const waiting = JSON.stringify(placement.waiting);
        const applied = await database.write(async (queries) => {
          const queued = await applyEvent(queries, clock, entry.jobId, { type: 'queued' });
          const told = await applyEvent(queries, clock, entry.jobId, { type: 'waiting' });
          if (told.state.phase === 'queued') await setWaiting(queries, entry.jobId, waiting);
          return [queued, told];
        });
        perform(applied);
        return;
      }
      case 'refuse':
        await engine.apply(entry.jobId, { type: 'queued' });
        await engine.apply(entry.jobId, { type: 'refused', failure: placement.failure });
        return;
      case 'start':
        await launch(entry);
    }
  }

  async function launch(entry: QueuedJob): Promise<void> {
    const request = toRequest(entry);
    starting.add(request.clusterId);
    // Durable before the agent exists: a crash in between leaves a cluster that reconciliation starts again.
    try {
      const applied = await database.write(async (queries) => [
        await applyEvent(queries, clock, entry.jobId, { type: 'queued' }),
        await applyEvent(queries, clock, entry.jobId, { type: 'launched' }),
      ]);
      perform(applied);
      if (applied.at(-1)!.state.phase === 'launched') await startCluster(request, entry.jobId);
    } finally {
      starting.delete(request.clusterId);
    }
  }

  async function startCluster(request: ClusterRequest, jobId: string): Promise<void> {
    starting.add(request.clusterId);
    try {
      const slots = scheduler.grant(request);
      await prepareDirectory(request, slots, await options.visiblePathsOf(jobId));
      engine.expectAgent(request.clusterId);
      const handle = await scheduler.start(request);
      // An agent that runs already must not be called one that could not be started, only for want of space.
      await database.write(
        (queries) =>
          queries
            .updateTable('clusters')
            .set({ handle: JSON.stringify(handle), slots_granted: slots })
            .where('id', '=', request.clusterId)
            .execute(),
        { mayUseReserve: true },
      );
    } catch (error) {
      logger.error({ err: error, job: jobId, cluster: request.clusterId }, 'cluster could not be started');
      await engine.apply(jobId, {
        type: 'refused',
        failure: {
          code: 'cluster_not_started',
          message: `The scheduler could not start a cluster: ${(error as Error).message}`,
          hint: 'Whoever runs the platform finds more in its log.',
        },
      });
    } finally {
      starting.delete(request.clusterId);
    }
  }

  async function prepareDirectory(
    request: ClusterRequest,
    slots: number,
    visiblePaths: string[],
  ): Promise<void> {
    await mkdir(request.directory, { recursive: true, mode: 0o700 });
    const file: ClusterFile = {
      clusterId: request.clusterId,
      token: derivedKey(options.secret, 'agent', request.clusterId),
      serverUrl: options.serverUrl(),
      serverFile: options.serverFile,
      directory: request.directory,
      slots,
      coresPerSlot: request.coresPerSlot,
      sandbox: { ...options.sandbox, visiblePaths },
      limits: options.limits,
    };
    await writeFile(join(request.directory, 'cluster.json'), JSON.stringify(file), { mode: 0o600 });
  }

  async function releaseCluster(clusterId: string, keepDirectory: boolean): Promise<void> {
    const cluster = await database.write(
      async (queries) => {
        await queries
          .updateTable('clusters')
          .set({ is_ended: 1, date_ended: clock.now() })
          .where('id', '=', clusterId)
          .where('is_ended', '=', 0)
          .execute();
        return queries
          .selectFrom('clusters')
          .where('id', '=', clusterId)
          .select('directory')
          .executeTakeFirstOrThrow();
      },
      { mayUseReserve: true },
    );
    forgetToken(clusterId);
    options.authenticator.forget();
    scheduler.release(clusterId);
    schedule();
    // What is left when the server stops is removed by its next start.
    if (!keepDirectory) await options.directories.remove(cluster.directory, closing.signal);
  }

  function forgetToken(clusterId: string): void {
    for (const [hash, id] of tokens) if (id === clusterId) tokens.delete(hash);
  }

  function perform(applied: readonly Applied[]): void {
    for (const { jobId, clusterId, state, effects, hasNewStatus } of applied) {
      options.news.tell(jobId, hasNewStatus ? 'status' : 'progress');
      for (const effect of effects) {
        if (effect === 'schedule') schedule();
        if (effect === 'notify_agent' && clusterId) for (const listener of listeners) listener(clusterId);
        if (effect === 'forget_key') options.authenticator.forget();
        if (effect === 'release_cluster' && clusterId) {
          inBackground(releaseCluster(clusterId, state.failure?.code === 'output_lost'));
        }
      }
    }
  }

  const background = new Set<Promise<void>>();
  function inBackground(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error) => logger.error({ err: error }, 'an effect failed; reconciliation will repeat it'))
      .finally(() => background.delete(tracked));
    background.add(tracked);
  }

  const engine: Engine = {
    async apply(jobId, event) {
      const applied = await database.write((queries) => applyEvent(queries, clock, jobId, event), {
        mayUseReserve: true,
      });
      perform([applied]);
      return applied;
    },
    perform,
    schedule,
    restart: startCluster,
    isStarting: (clusterId) => starting.has(clusterId),
    onNotify: (listener) => listeners.push(listener),
    clusterOfToken: (hash) => tokens.get(hash) ?? null,
    expectAgent(clusterId) {
      tokens.set(hashKey(derivedKey(options.secret, 'agent', clusterId)), clusterId);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await passing;
      clearTimeout(retry);
      await Promise.all(background);
    },
  };
  return engine;
}

function isWaiting({ state }: QueuedJob): boolean {
  const { phase } = JSON.parse(state) as JobState;
  return phase === 'submitted' || phase === 'queued';
}

export function toRequest(entry: {
  clusterId: string;
  slots: number;
  coresPerSlot: number;
  walltimeSeconds: number;
  isLowPriority: number;
  directory: string;
}): ClusterRequest {
  const { clusterId, slots, coresPerSlot, walltimeSeconds, directory } = entry;
  return {
    clusterId,
    slots,
    coresPerSlot,
    walltimeSeconds,
    isLowPriority: entry.isLowPriority === 1,
    directory,
  };
}

async function setWaiting(queries: Queries, jobId: string, waiting: string): Promise<void> {
  await queries.updateTable('jobs').set({ waiting }).where('id', '=', jobId).execute();
}

const updateWaiting = prepared(['jobId', 'waiting'], (queries, { jobId, waiting }) =>
  queries.updateTable('jobs').set({ waiting }).where('id', '=', jobId).where('waiting', 'is not', null),
);

/** Tells jobs that wait why they wait now; one that has left the queue since has nothing there to change. */
async function changeWaiting(
  queries: Queries,
  jobs: ReadonlyArray<{ jobId: string; waiting: string }>,
): Promise<void> {
  for (const job of jobs) await updateWaiting(queries, job);
}
