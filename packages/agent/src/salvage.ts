/** Does for a cluster whose agent has died what is left to do: ends its processes, and its runs in its journal. */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SalvageOrder } from '@quarry/contract';
import { readClusterFile } from './cluster-file.ts';
import { Journal } from './exchange/journal.ts';
import { Reserve } from './exchange/reserve.ts';
import { JOURNAL_RESERVE_BYTES, SALVAGE_LOOK_MS } from './limits.ts';
import { lockCluster, SalvageUnderWay } from './lock.ts';
import { Hasher } from './outputs/hasher.ts';
import { endCluster } from './process/leftovers.ts';
import { findLeftRuns } from './runs/left-runs.ts';
import { salvageRuns } from './runs/salvage.ts';

/**
 * Resolves when the journal has the end of every run, on the disk. SIGTERM ends it early: then only the logs are collected, and
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
  const cluster = readClusterFile(clusterFilePath);
  process.umask(0o022);
  const unlock = await lock(join(cluster.directory, 'agent.lock'), stopping.signal);
  const hasher = new Hasher();
  const reserve = new Reserve(join(cluster.directory, 'journal.reserve'), JOURNAL_RESERVE_BYTES);
  const journal = new Journal(join(cluster.directory, 'journal.ndjson'), reserve);
  try {
    await endCluster(cluster.clusterId);
    journal.continueAfter(appliedEvent);
    await salvageRuns(findLeftRuns(journal.takeEarlier()), {
      cluster,
      hasher,
      emit: (event) => journal.append(event),
      again: new Set(again),
      againWhenTold,
      signal: stopping.signal,
    });
    await journal.flush();
  } finally {
    await hasher.close();
    journal.close();
    unlock();
  }
  if (stopping.signal.aborted) {
    // A process that exits waits for the flush that is under way, however large the file is.
    process.kill(process.pid, 'SIGKILL');
  }
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
