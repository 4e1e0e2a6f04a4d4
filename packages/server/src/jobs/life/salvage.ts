/**
 * Has what an agent left that died collected by another one, on its cluster. That may take minutes, so few are at it at
 * once, the job says what it waits for, and a stop of the job ends it early. A server that dies meanwhile does it again:
 * it comes to the same.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SalvageOrder } from '@quarry/contract';
import type { Database } from '../../db/database.ts';
import { LIMITS } from '../../limits.ts';
import type { Logger } from '../../logger.ts';
import type { ClusterRequest, Scheduler } from '../../schedulers/scheduler.ts';
import { readDefinition } from '../definition/stored.ts';
import { toRunId } from '../runs/attempts.ts';
import { afterLoss } from '../runs/lost-runs.ts';
import type { Engine } from './engine.ts';
import { readState } from './store.ts';

export interface Salvager {
  /**
   * Resolves when the journal in the cluster's directory tells the end of every run that its agent had begun, or where that
   * is not to be seen from here the server has been told of it; false when that is not to be had. Rejects when it is to be
   * tried again.
   */
  salvage(lost: LostCluster): Promise<boolean>;
  /** Nobody waits any more for what is under way; it goes on by itself. */
  close(): void;
}

export interface LostCluster {
  jobId: string;
  appliedEvent: number;
  request: ClusterRequest;
}

export function createSalvager(options: {
  database: Database;
  engine: Engine;
  scheduler: Scheduler;
  logger: Logger;
}): Salvager {
  const { database, engine, scheduler, logger } = options;
  const closing = new AbortController();
  const failures = new Map<string, number>();
  const stops = new Map<string, AbortController>();
  /** Those that wait for their turn: called with whether they have it, or need none any more. */
  const waiting = new Map<string, (hasTurn: boolean) => void>();
  let underWay = 0;

  // A stop of the job is told to its agent, and here to whoever collects what that has left.
  engine.onNotify((clusterId) => {
    if (stops.has(clusterId) || waiting.has(clusterId)) {
      void isStopped(clusterId).then((stopped) => stopped && endEarly(clusterId));
    }
  });

  /** With the logs alone, which takes no turn. */
  function endEarly(clusterId: string): void {
    stops.get(clusterId)?.abort();
    waiting.get(clusterId)?.(false);
    waiting.delete(clusterId);
  }

  async function isStopped(clusterId: string): Promise<boolean> {
    const job = await database.read
      .selectFrom('jobs')
      .where('cluster_id', '=', clusterId)
      .select('state')
      .executeTakeFirst();
    return job !== undefined && readState(job.state).stop !== null;
  }

  async function inTurn(clusterId: string, work: () => Promise<void>): Promise<void> {
    // A turn that is passed on is counted already.
    let hasTurn = true;
    if (underWay < LIMITS.salvagesAtOnce) {
      underWay += 1;
    } else {
      hasTurn = await myTurn(clusterId);
    }
    try {
      await work();
    } finally {
      if (hasTurn) {
        passOn();
      }
    }
  }

  function myTurn(clusterId: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      waiting.set(clusterId, resolve);
      void isStopped(clusterId).then((stopped) => stopped && endEarly(clusterId));
      closing.signal.addEventListener('abort', () => reject(closing.signal.reason), { once: true });
    });
  }

  function passOn(): void {
    const [next] = waiting;
    if (next) {
      waiting.delete(next[0]);
      next[1](true);
    } else {
      underWay -= 1;
    }
  }

  /** Tells why the job goes on though its agent is gone, until its state changes. */
  async function tellWaiting(jobId: string): Promise<void> {
    const told = JSON.stringify({
      code: 'collecting_outputs',
      message: 'The agent of the job died: what its runs have left is being collected.',
      position: null,
    });
    await database.write(
      (queries) =>
        queries
          .updateTable('jobs')
          .set({ waiting: told })
          .where('id', '=', jobId)
          .where('is_completed', '=', 0)
          .execute(),
      { mayUseReserve: true },
    );
  }

  /** Runs that the job's policy does not let fail: collecting what they left would only take time. */
  async function findAgain(jobId: string): Promise<Pick<SalvageOrder, 'again' | 'againWhenTold'>> {
    const job = await database.read
      .selectFrom('jobs')
      .where('id', '=', jobId)
      .select(['definition', 'state'])
      .executeTakeFirstOrThrow();
    const { retryPolicy } = readDefinition(job.definition);
    if (!retryPolicy || readState(job.state).stop) {
      return { again: [], againWhenTold: false };
    }
    const runs = await database.read
      .selectFrom('runs')
      .where('job_id', '=', jobId)
      .where('batch', '>', 0)
      .where('outcome', 'is', null)
      .select(['number', 'attempt', 'stop_requested'])
      .execute();
    const isAgain = (code: 'agent_lost' | 'cluster_stopped') => (run: (typeof runs)[number]) =>
      afterLoss(retryPolicy, run, code) !== 'fail';
    return {
      again: runs.filter(isAgain('agent_lost')).map(({ number, attempt }) => toRunId(number, attempt)),
      againWhenTold: runs.some(isAgain('cluster_stopped')),
    };
  }

  async function salvageNow({ jobId, appliedEvent, request }: LostCluster): Promise<void> {
    const { clusterId } = request;
    const stop = new AbortController();
    stops.set(clusterId, stop);
    try {
      const order = { appliedEvent, ...(await findAgain(jobId)), isStopped: await isStopped(clusterId) };
      await scheduler.salvage(request, order, { stop: stop.signal, leave: closing.signal });
    } finally {
      stops.delete(clusterId);
    }
  }

  return {
    async salvage(lost) {
      const { jobId, request } = lost;
      const { clusterId, directory, sharesFiles } = request;
      // An agent that has written nothing has begun nothing.
      if (sharesFiles && !existsSync(join(directory, 'journal.ndjson'))) {
        return false;
      }
      try {
        await tellWaiting(jobId);
        await inTurn(clusterId, () => salvageNow(lost));
        failures.delete(clusterId);
        return true;
      } catch (error) {
        if (closing.signal.aborted) {
          throw error;
        }
        const count = (failures.get(clusterId) ?? 0) + 1;
        failures.set(clusterId, count);
        if (count < LIMITS.salvageAttempts) {
          throw error;
        }
        failures.delete(clusterId);
        logger.error(
          { err: error, job: jobId, cluster: clusterId },
          'what the runs of a dead agent have left could not be collected; it stays in their directories',
        );
        return false;
      }
    },
    close: () => closing.abort(),
  };
}
