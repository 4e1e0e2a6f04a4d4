/**
 * Agents end their runs themselves when the walltime is over. One that does not is killed, but only when it is sure that
 * it is the agent that fails: it must be silent, and the time must be over by a clock that nobody sets. An agent that
 * still exchanges may be hashing large outputs, and says so.
 */
import { join } from 'node:path';
import { LIMITS } from '../../limits.ts';
import { monotonicMs, readBootId } from '../../monotonic.ts';
import { readJournal } from './read-journal.ts';

/** Beyond walltime and grace, how long an agent may take to say that it ended its run; and how long it must have been silent. */
const OVERDUE_SECONDS = 120;

export interface WatchedCluster {
  clusterId: string;
  directory: string;
  walltimeSeconds: number;
  /** Null as long as no run has begun. */
  dateStarted: string | null;
}

export interface Overdue {
  /** How long the runs of a cluster have gone on, as far as that can be told without the wall clock. */
  ranForMs(cluster: WatchedCluster): Promise<number>;
  isOverdue(cluster: WatchedCluster): Promise<boolean>;
  forget(clusterId: string): void;
}

export function createOverdue(options: {
  silentMs: (clusterId: string) => number;
  host?: { monotonicMs: () => number; bootId: string | null };
}): Overdue {
  const { silentMs, host = { monotonicMs, bootId: readBootId() } } = options;
  /** When the first run of each cluster began, by the monotonic clock, or was first seen to have begun. */
  const begunAtMs = new Map<string, number>();

  async function ranForMs({ clusterId, directory, dateStarted }: WatchedCluster): Promise<number> {
    if (dateStarted === null) {
      return 0;
    }
    let begun = begunAtMs.get(clusterId);
    if (begun === undefined) {
      begun = (await readBegin(directory, host.bootId)) ?? host.monotonicMs();
      begunAtMs.set(clusterId, begun);
    }
    return host.monotonicMs() - begun;
  }

  return {
    ranForMs,
    async isOverdue(cluster) {
      if (silentMs(cluster.clusterId) < OVERDUE_SECONDS * 1000) {
        return false;
      }
      const allowedSeconds = cluster.walltimeSeconds + LIMITS.stopGraceSeconds + OVERDUE_SECONDS;
      return (await ranForMs(cluster)) > allowedSeconds * 1000;
    },
    forget(clusterId) {
      begunAtMs.delete(clusterId);
    },
  };
}

/**
 * When the agent began its first run, if it says so of this boot. An agent of before does not, and after another boot
 * it cannot be the one that runs: then its time counts from when this server first saw it.
 */
async function readBegin(directory: string, bootId: string | null): Promise<number | null> {
  let boot: string | null = null;
  for await (const events of readJournal(join(directory, 'journal.ndjson'), 0)) {
    for (const event of events) {
      if (event.type === 'agent_started') {
        boot = event.bootId ?? null;
      }
      if (event.type === 'run_started') {
        return boot !== null && boot === bootId ? (event.monotonicMs ?? null) : null;
      }
    }
  }
  return null;
}
