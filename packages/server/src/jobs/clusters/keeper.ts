/**
 * Keeps persistent clusters: starts their holders when the scheduler has room, ends them when their time is over, and notices
 * when they have ended. Each look compares what is stored with what is there (`measure.ts`), and may be repeated.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HolderFile } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import {
  changePersistent,
  findJobsOnCluster,
  findOpenPersistent,
  findShares,
} from '../../db/queries/persistent-clusters.ts';
import type { PersistentClusterRow } from '../../db/tables.ts';
import type { Logger } from '../../logger.ts';
import type { Allotment, Handle, Placement, Scheduler } from '../../schedulers/scheduler.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import type { ClusterDirectories } from '../life/cluster-directories.ts';
import type { QueuedPersistent } from '../life/engine.ts';
import { Passes } from '../life/passes.ts';
import type { Applied } from '../life/store.ts';
import { heldForMs, readBegun } from './begin.ts';
import { type ClusterEnd, endPersistent, walltimeOf } from './end.ts';
import { measureOf } from './measure.ts';
import { toHolderRequest } from './request.ts';
import type { ClusterEvent } from './state.ts';
import { applyToCluster } from './store.ts';

const INTERVAL_MS = 1000;
/** Between two looks while something is about to happen. */
const SOON_MS = 50;

/** A holder that was told to go, and has nothing left to do, is killed after so long. */
const DISMISS_MS = 30_000;

const NOT_ENDED = 'the agent of a persistent cluster did not end in time and is killed';
const LOST = 'The agent that held the cluster died';
const RESTORED = 'The platform was restored from a copy that was made while the cluster was there';

export interface KeeperOptions {
  database: Database;
  clock: Clock;
  scheduler: Scheduler;
  directories: Pick<ClusterDirectories, 'remove'>;
  logger: Logger;
  keeping: BackgroundTask;
  /** Where the directories of clusters are here. */
  clustersDirectory: string;
  /** How long nothing has come from the agent of a share. */
  silentMs: (shareId: string) => number;
  /** Called with what the end of a cluster comes to for its jobs. */
  perform: (applied: readonly Applied[]) => void;
  /** Called when something may start that could not before. */
  schedule: () => void;
}

export class ClusterKeeper implements AsyncDisposable {
  readonly #options: KeeperOptions;
  readonly #passes: Passes;
  /** Between the row that says it was launched and its holder. */
  readonly #starting = new Set<string>();
  /** Since when each has had no job, by `performance.now()`: a start of the server begins anew. */
  readonly #idleSince = new Map<string, number>();
  /** Since when each is ending. */
  readonly #endingSince = new Map<string, number>();
  /** When the holder of each was told to go. */
  readonly #dismissedAt = new Map<string, number>();
  /** What is being done about clusters that others need not wait for, by what it is. */
  readonly #background = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#passes = new Passes(() => options.keeping.run(() => this.#pass()), { retryMs: INTERVAL_MS });
    options.scheduler.onEnd(() => this.look());
  }

  /**
   * Takes up clusters that outlived the server; to be done before the shares in them are. Those of a copy of the data
   * directory are the original's: they end here, and what still lives of them in our own place is killed.
   */
  async resume({ isCopy }: { isCopy: boolean }): Promise<void> {
    const { scheduler, database, clustersDirectory } = this.#options;
    for (const row of await findOpenPersistent(database.read)) {
      const isElsewhere = row.directory !== join(clustersDirectory, row.id);
      const holds = row.phase === 'launched' || row.phase === 'started' || row.phase === 'ending';
      if (!holds) {
        if (isElsewhere) {
          await this.#moveHere(row);
        }
        continue;
      }
      if (isElsewhere) {
        await this.#moveHere(row);
        await this.#apply(row.id, { type: 'holder_ended', reason: RESTORED });
        continue;
      }
      const request = toHolderRequest(row);
      const handle = row.handle ? (JSON.parse(row.handle) as Handle) : await scheduler.find(request);
      if (handle !== null) {
        const begun = await readBegun(row.directory);
        scheduler.adopt(request, handle, begun === null ? 0 : heldForMs(begun));
      }
      if (isCopy) {
        await scheduler.kill(row.id);
        await this.#noteEnded(row, RESTORED);
      } else if (handle === null && row.phase === 'launched') {
        await this.#start(row);
      }
    }
  }

  /** Keeps from now on. */
  start(): void {
    this.#timer = setInterval(() => this.look(), INTERVAL_MS);
    this.look();
  }

  /** Looks soon; not before those that outlived the server are taken up, or they would look dead. */
  look(): void {
    if (this.#timer !== null) {
      this.#passes.ask();
    }
  }

  /** Those that are to be started, in order of submission. */
  async findQueued(): Promise<QueuedPersistent[]> {
    const open = await findOpenPersistent(this.#options.database.read);
    return open
      .filter(({ phase }) => phase === 'queued')
      .map((row) => ({ row, request: toHolderRequest(row) }));
  }

  /** Carries out what the scheduler has decided about a cluster that waits to be started. */
  async carryOut(row: PersistentClusterRow, placement: Placement): Promise<void> {
    const { database } = this.#options;
    switch (placement.decision) {
      case 'wait': {
        const waiting = JSON.stringify(placement.waiting);
        if (waiting !== row.waiting) {
          await database.write((queries) => changePersistent(queries, row.id, { waiting }));
        }
        return;
      }
      case 'refuse':
        await this.#apply(row.id, { type: 'refused', reason: placement.failure.message });
        return;
      case 'start':
        // Durable before the holder exists: a crash in between leaves a cluster that the next start takes up.
        this.#starting.add(row.id);
        try {
          if (await this.#apply(row.id, { type: 'launched' })) {
            await this.#start(row);
          }
        } finally {
          this.#starting.delete(row.id);
        }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#soon);
    if (this.#timer) {
      clearInterval(this.#timer);
    }
    await this.#passes[Symbol.asyncDispose]();
    await Promise.all(this.#background.values());
  }

  async #start(row: PersistentClusterRow): Promise<void> {
    const { database, scheduler, logger } = this.#options;
    const request = toHolderRequest(row);
    try {
      const { slots, gpus } = scheduler.allot(request);
      await prepareDirectory(row, gpus);
      const handle = await scheduler.start(request, null);
      await database.write(
        (queries) =>
          changePersistent(queries, row.id, { handle: JSON.stringify(handle), slots_granted: slots }),
        { mayUseReserve: true },
      );
      this.#lookSoon();
    } catch (error) {
      logger.error({ err: error, cluster: row.id }, 'a persistent cluster could not be started');
      scheduler.release(row.id);
      const reason = `The scheduler could not start the cluster: ${(error as Error).message}`;
      await this.#apply(row.id, { type: 'refused', reason });
    }
  }

  async #pass(): Promise<void> {
    for (const row of await findOpenPersistent(this.#options.database.read)) {
      await this.#keep(row);
    }
  }

  async #keep(row: PersistentClusterRow): Promise<void> {
    const { database, scheduler, logger, silentMs } = this.#options;
    const begun = row.phase === 'launched' || row.phase === 'started' ? await readBegun(row.directory) : null;
    const jobs = (await findJobsOnCluster(database.read, row.id)).length;
    const shares = row.phase === 'ending' ? await findShares(database.read, row.id) : [];
    const measure = measureOf({
      phase: row.phase,
      life: scheduler.life(row.id),
      isStarting: this.#starting.has(row.id),
      hasBegun: begun !== null,
      heldForMs: begun === null ? 0 : heldForMs(begun),
      walltimeSeconds: row.walltime_seconds,
      jobs,
      shares: shares.length,
      silentForMs: Math.min(...shares.map(silentMs)),
      endingForMs: this.#endingForMs(row),
      idleForMs: this.#idleForMs(row, jobs),
      idleSeconds: row.idle_seconds,
    });
    switch (measure) {
      case 'none':
        if (row.phase === 'launched') {
          this.#lookSoon();
        }
        return;
      case 'note_start':
        await this.#noteStart(row, begun!.hostname);
        return;
      case 'end_lost':
        logger.error({ cluster: row.id, jobs }, 'the agent of a persistent cluster died');
        await this.#noteEnded(row, LOST);
        return;
      case 'end_walltime':
        await this.#end(row, { ...walltimeOf(row.id, row.walltime_seconds), actorId: null });
        return;
      case 'end_idle':
        await this.#endIdle(row);
        return;
      case 'dismiss':
        this.#dismiss(row.id);
        return;
      case 'kill':
        this.#kill(row.id, jobs);
        return;
      case 'note_end':
        await this.#noteEnded(row, row.ending ?? LOST);
    }
  }

  /** A look while it has jobs ends the time without any. */
  #idleForMs({ id, phase }: PersistentClusterRow, jobs: number): number {
    if (phase !== 'started' || jobs > 0) {
      this.#idleSince.delete(id);
      return 0;
    }
    const since = this.#idleSince.get(id) ?? performance.now();
    this.#idleSince.set(id, since);
    return performance.now() - since;
  }

  #dismiss(clusterId: string): void {
    const { scheduler } = this.#options;
    const since = this.#dismissedAt.get(clusterId) ?? performance.now();
    this.#dismissedAt.set(clusterId, since);
    if (performance.now() - since < DISMISS_MS) {
      scheduler.end(clusterId);
    } else {
      this.#kill(clusterId);
    }
    this.#lookSoon();
  }

  /** A process that does not die, such as one that waits for a disk, holds up its own cluster alone. */
  #kill(clusterId: string, jobs?: number): void {
    const { scheduler, logger } = this.#options;
    this.#inBackground(`kill ${clusterId}`, async () => {
      logger.warn({ cluster: clusterId, ...(jobs !== undefined && { jobs }) }, NOT_ENDED);
      await scheduler.kill(clusterId);
    });
  }

  /** Once at a time; what fails is tried again by the next look. */
  #inBackground(what: string, work: () => Promise<unknown>): void {
    if (this.#background.has(what)) {
      return;
    }
    const done = work()
      .then(
        () => undefined,
        (error) =>
          this.#options.logger.error({ err: error, what }, 'a persistent cluster could not be ended'),
      )
      .finally(() => {
        this.#background.delete(what);
        this.#lookSoon();
      });
    this.#background.set(what, done);
  }

  #endingForMs({ id, phase }: PersistentClusterRow): number {
    if (phase !== 'ending') {
      return 0;
    }
    const since = this.#endingSince.get(id) ?? performance.now();
    this.#endingSince.set(id, since);
    return performance.now() - since;
  }

  async #noteStart(row: PersistentClusterRow, hostname: string): Promise<void> {
    const { database, clock, schedule } = this.#options;
    await database.write(async (queries) => {
      await applyToCluster(queries, clock, row.id, { type: 'holder_started' });
      await changePersistent(queries, row.id, { hostname });
    });
    schedule();
  }

  /** A job that was submitted since the look keeps it: both are written one after the other. */
  async #endIdle(row: PersistentClusterRow): Promise<void> {
    const { database, clock } = this.#options;
    const reason = `Without a job for ${inWords(row.idle_seconds)}`;
    await database.write(
      async (queries) => {
        if ((await findJobsOnCluster(queries, row.id)).length === 0) {
          await applyToCluster(queries, clock, row.id, { type: 'end_requested', reason });
        }
      },
      { mayUseReserve: true },
    );
    this.#lookSoon();
  }

  async #end(row: PersistentClusterRow, end: ClusterEnd): Promise<void> {
    const { database, clock, perform } = this.#options;
    const applied = await database.write((queries) => endPersistent(queries, clock, row.id, end), {
      mayUseReserve: true,
    });
    perform(applied ?? []);
    this.#lookSoon();
  }

  /** Its jobs are brought to their end like any whose agent is gone; those that had not begun learn it from the queue. */
  async #noteEnded(row: PersistentClusterRow, reason: string): Promise<void> {
    const { scheduler, directories, schedule } = this.#options;
    await this.#apply(row.id, { type: 'holder_ended', reason });
    this.#idleSince.delete(row.id);
    this.#endingSince.delete(row.id);
    this.#dismissedAt.delete(row.id);
    scheduler.release(row.id);
    schedule();
    this.#inBackground(`remove ${row.id}`, () => directories.remove(row.directory, this.#closing.signal));
  }

  #apply(clusterId: string, event: ClusterEvent): Promise<boolean> {
    const { database, clock } = this.#options;
    return database.write((queries) => applyToCluster(queries, clock, clusterId, event), {
      mayUseReserve: true,
    });
  }

  /** Gives a cluster of a copied data directory a directory of our own, and no holder. */
  async #moveHere(row: PersistentClusterRow): Promise<void> {
    const directory = join(this.#options.clustersDirectory, row.id);
    await this.#options.database.write((queries) =>
      changePersistent(queries, row.id, { directory, handle: null }),
    );
  }

  #lookSoon(): void {
    clearTimeout(this.#soon);
    if (!this.#closing.signal.aborted) {
      this.#soon = setTimeout(() => this.look(), SOON_MS);
    }
  }
}

function inWords(seconds: number): string {
  const [amount, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

/** What its holder finds everything from. */
async function prepareDirectory(row: PersistentClusterRow, gpus: Allotment['gpus']): Promise<void> {
  await mkdir(join(row.directory, 'shares'), { recursive: true, mode: 0o700 });
  const file: HolderFile = {
    clusterId: row.id,
    directory: row.directory,
    walltimeSeconds: row.walltime_seconds,
    idleSeconds: row.idle_seconds,
    ...(gpus && { gpus }),
  };
  await writeFile(join(row.directory, 'holder.json'), JSON.stringify(file), { mode: 0o600 });
}
