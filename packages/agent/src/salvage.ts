/** Does for a cluster whose agent has died what is left to do: ends its processes, and its runs in its journal. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterFile, SalvageOrder } from '@quarry/contract';
import { FILE_REQUESTS } from './asked/kinds.ts';
import { readClusterFile } from './cluster-file.ts';
import { DeliveredEnds } from './delivery/deliver-ends.ts';
import type { PendingEnd } from './delivery/pending-ends.ts';
import { Exchange } from './exchange/exchange.ts';
import { closeConnections } from './exchange/http.ts';
import { Journal, type NewEvent } from './exchange/journal.ts';
import { Reserve } from './exchange/reserve.ts';
import { removeTree } from './files/remove-tree.ts';
import { JOURNAL_RESERVE_BYTES, ORPHAN_SECONDS, SALVAGE_LOOK_MS, UNDELIVERED_SECONDS } from './limits.ts';
import { lockCluster, SalvageUnderWay } from './lock.ts';
import { Hasher } from './outputs/hasher.ts';
import { endCluster } from './process/leftovers.ts';
import { findLeftRuns, idsOf } from './runs/left-runs.ts';
import { salvageRuns } from './runs/salvage.ts';
import { StopSwitch, stoppedByUser } from './runs/stop-switch.ts';

/**
 * Resolves when the journal has the end of every run, on the disk, and where the server does not see it has told the server
 * all that it has. SIGTERM ends it early: then only the logs are collected, and
 * the rest stays where it is. Rejects when an agent of the cluster lives, or its directory cannot be written.
 */
export async function salvageCluster(clusterFilePath: string): Promise<void> {
  const stopping = new AbortController();
  const stop = () =>
    stopping.abort(
      new Error('the job was stopped before it was collected; it is kept in the directory of the run'),
    );
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const { appliedEvent, again, againWhenTold, isStopped } = readOrder(await text(process.stdin));
  if (isStopped) {
    stop();
  }
  // An agent that shares no disk with its server and had not been told what to do has begun nothing.
  if (!existsSync(clusterFilePath) && existsSync(join(dirname(clusterFilePath), 'start.json'))) {
    return;
  }
  const cluster = readClusterFile(clusterFilePath);
  process.umask(0o022);
  const unlock = await lock(join(cluster.directory, 'agent.lock'), stopping.signal);
  const hasher = new Hasher();
  const reserve = new Reserve(join(cluster.directory, 'journal.reserve'), JOURNAL_RESERVE_BYTES);
  const journal = new Journal(join(cluster.directory, 'journal.ndjson'), reserve);
  let isDelivered = false;
  try {
    await endCluster(cluster.clusterId);
    journal.continueAfter(appliedEvent);
    const earlier = journal.takeEarlier();
    const emit = (event: NewEvent) => journal.append(event);
    const ends =
      cluster.sharesFiles === false
        ? new DeliveredEnds({
            ...{ cluster, journal, emit },
            silentSeconds: cluster.limits.undeliveredSeconds ?? UNDELIVERED_SECONDS,
          })
        : null;
    const pending = ends?.takeLeft(idsOf(earlier, 'run_finished')) ?? [];
    const isPending = new Set(pending.map(({ event }) => event.runId));
    const left = findLeftRuns(earlier).filter(({ runId }) => !isPending.has(runId));
    await salvageRuns(left, {
      cluster,
      hasher,
      finish: (event, directory) => {
        if (ends === null) {
          emit(event);
        } else {
          ends.note({ event, directory });
          pending.push({ event, directory });
        }
      },
      again: new Set(again),
      againWhenTold,
      signal: stopping.signal,
    });
    if (ends !== null) {
      isDelivered = await deliver(pending, { cluster, journal, ends, signal: stopping.signal });
    }
    await journal.flush();
  } finally {
    await hasher.close();
    closeConnections();
    journal.close();
    unlock();
  }
  if (isDelivered) {
    await removeTree(cluster.directory);
  }
  if (stopping.signal.aborted) {
    // A process that exits waits for the flush that is under way, however large the file is.
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Brings what there is to the server and tells it; answers whether nothing is left here that anybody wants. */
async function deliver(
  pending: readonly PendingEnd[],
  {
    cluster,
    journal,
    ends,
    signal,
  }: { cluster: ClusterFile; journal: Journal; ends: DeliveredEnds; signal: AbortSignal },
): Promise<boolean> {
  const stop = new StopSwitch();
  const endEarly = () => stop.request(stoppedByUser(true));
  signal.addEventListener('abort', endEarly, { once: true });
  if (signal.aborted) {
    endEarly();
  }
  await Promise.all(pending.map((end) => ends.finishLeft(end, stop)));
  if (ends.hasLeft) {
    // Whoever has started this must not take it for done.
    throw new Error('The server has not got what the runs of this cluster have left: it does not answer.');
  }
  const exchange = new Exchange({
    cluster,
    journal,
    wantRuns: () => 0,
    isBusy: () => false,
    knownStop: () => null,
    knowsDiscard: () => false,
    // Whoever waits is told that the cluster has ended when it has, and not that its agent is too old.
    understands: ['signal', ...FILE_REQUESTS],
    onAnswer: () => undefined,
    givesUp: (silentMs) => silentMs > ORPHAN_SECONDS * 1000,
    usage: { hasUnsent: false, unsent: [], sent: () => undefined },
  });
  exchange.leave();
  return (await exchange.run()) === 'released' && ends.hasLostNothing;
}

/** A server that died while it wrote has given none: then everything is collected. */
function readOrder(given: string): SalvageOrder {
  try {
    return JSON.parse(given) as SalvageOrder;
  } catch {
    return { appliedEvent: 0, again: [], againWhenTold: false, isStopped: false };
  }
}

/** Waits for another salvage of the same cluster, which the server before may have started, unless told to stop meanwhile. */
async function lock(path: string, signal: AbortSignal): Promise<() => void> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return lockCluster(path, { salvages: true });
    } catch (error) {
      if (!(error instanceof SalvageUnderWay)) {
        throw error;
      }
      if (!isFirst) {
        signal.throwIfAborted();
      }
      await sleep(SALVAGE_LOOK_MS);
    }
  }
}
