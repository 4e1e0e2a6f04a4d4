/**
 * Finds processes by the marker variables in their environment. A command without a sandbox can leave its
 * process group (setsid, daemons), but what it starts inherits the markers; only a process that also wipes
 * its environment escapes. The sandboxes of a cluster bear its marker as well, and what is inside dies with them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { findCgroups, processesIn, removeCgroups } from '../cgroups/leftovers.ts';
import {
  LEFTOVER_FULL_SCAN_MS,
  LEFTOVER_ROUNDS,
  SHORT_COMMAND_MS,
  SHORT_COMMAND_PROCESSES,
} from '../limits.ts';
import { CLUSTER_MARKER, RUN_MARKER } from './environment.ts';
import { allProcesses, isAlive } from './process-tree.ts';
import { killUntilGone, type Leftovers, signal } from './run-processes.ts';

/**
 * Kills every process of a cluster and resolves when they are gone, with how many were found. To be called when its
 * agent is dead: nothing that they wrote may be looked at before.
 */
export async function endCluster(clusterId: string): Promise<number> {
  const seen = new Set<number>();
  const cgroups = findCgroups(clusterId);
  await killUntilGone(() => {
    // A process that has wiped its environment is still in the cgroup that it was started in.
    const found = [...new Set([...findMarked(clusterId), ...cgroups.flatMap(processesIn)])].filter(isAlive);
    for (const pid of found) {
      seen.add(pid);
    }
    return found;
  });
  removeCgroups(cgroups);
  return seen.size;
}

/** The first process of a command, and when it was started by `performance.now()`. */
export interface Started {
  pid: number;
  startedAt: number;
}

/**
 * Finds and kills what many short runs leave on a busy host. What a short command has left has one of the few numbers
 * that were given out since it was started. After a longer one all processes are looked at, except those that an earlier
 * scan has seen to be somebody else's, until the next full scan.
 */
export class LeftoverScanner implements Leftovers {
  readonly #clusterId: string;
  #foreign = new Set<number>();
  #fullScanAt = 0;

  constructor(clusterId: string) {
    this.#clusterId = clusterId;
  }

  find(runId: string): number[] {
    return findMarked(this.#clusterId, runId);
  }

  /** Kills what a run has left behind; returns how many signals were sent. */
  killRun(runId: string, { pid, startedAt }: Started): number {
    if (performance.now() < startedAt + SHORT_COMMAND_MS) {
      const killed = this.#killSince(runId, pid);
      if (killed !== null) {
        return killed;
      }
    }
    if (performance.now() > this.#fullScanAt + LEFTOVER_FULL_SCAN_MS) {
      this.#foreign.clear();
      this.#fullScanAt = performance.now();
    }
    return killUntilNone(() => {
      const foreign = new Set<number>();
      const found = findMarked(this.#clusterId, runId, this.#foreign, foreign);
      this.#foreign = foreign;
      return found;
    });
  }

  /** Null when too many numbers were given out, or all of them and the first ones again. */
  #killSince(runId: string, pid: number): number | null {
    let known = true;
    const killed = killUntilNone(() => {
      const last = lastPid();
      known = last !== null && last >= pid && last < pid + SHORT_COMMAND_PROCESSES;
      return known
        ? findAmong(pid, last!, [`${CLUSTER_MARKER}=${this.#clusterId}`, `${RUN_MARKER}=${runId}`])
        : [];
    });
    return known ? killed : null;
  }
}

/** The number that was given out last, to a process or a thread; null where this host does not tell. */
function lastPid(): number | null {
  try {
    return Number(readFileSync('/proc/sys/kernel/ns_last_pid', 'latin1'));
  } catch {
    return null;
  }
}

function findAmong(first: number, last: number, marks: string[]): number[] {
  const found: number[] = [];
  for (let pid = first; pid <= last; pid += 1) {
    if (!existsSync(`/proc/${pid}`)) {
      continue;
    }
    const variables = readEnvironment(pid);
    if (marks.every((mark) => variables.includes(mark))) {
      found.push(pid);
    }
  }
  return found;
}

/** A process may fork between being found and being killed, so this goes on until a round finds nothing. */
function killUntilNone(find: () => number[]): number {
  let killed = 0;
  for (let round = 0; round < LEFTOVER_ROUNDS; round += 1) {
    const found = find();
    if (found.length === 0) {
      break;
    }
    killed += found.filter((pid) => signal(pid, 'SIGKILL')).length;
  }
  return killed;
}

/** `known` are processes not to look at; `foreign` receives those and the ones found not to be of this cluster. */
function findMarked(clusterId: string, runId?: string, known?: Set<number>, foreign?: Set<number>): number[] {
  const cluster = `${CLUSTER_MARKER}=${clusterId}`;
  const run = runId === undefined ? undefined : `${RUN_MARKER}=${runId}`;
  const found: number[] = [];
  for (const pid of allProcesses().filter((each) => each !== process.pid)) {
    if (known?.has(pid)) {
      foreign?.add(pid);
      continue;
    }
    const variables = readEnvironment(pid);
    if (!variables.includes(cluster)) {
      foreign?.add(pid);
    } else if (run === undefined || variables.includes(run)) {
      found.push(pid);
    }
  }
  return found;
}

function readEnvironment(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/environ`, 'latin1');
    return text.includes(CLUSTER_MARKER) ? text.split('\0') : [];
  } catch {
    // Ended meanwhile, or another user's.
    return [];
  }
}
