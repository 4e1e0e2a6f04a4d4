/**
 * Finds processes by the marker variables in their environment. A command without a sandbox can leave its
 * process group (setsid, daemons), but what it starts inherits the markers; only a process that also wipes
 * its environment escapes. In the sandbox nothing outlives the command, so this is not needed there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  LEFTOVER_FULL_SCAN_MS,
  LEFTOVER_ROUNDS,
  SHORT_COMMAND_MS,
  SHORT_COMMAND_PROCESSES,
} from '../limits.ts';
import { CLUSTER_MARKER, RUN_MARKER } from './environment.ts';

/** Kills every process of a cluster, or of one of its runs; returns how many signals were sent. */
export function killMarked(clusterId: string, runId?: string): number {
  return killUntilNone(() => findMarked(clusterId, runId));
}

/** The first process of a command, and when it was started by `performance.now()`. */
export interface Started {
  pid: number;
  startedAt: number;
}

/**
 * The same for many short runs on a busy host. What a short command has left has one of the few numbers that were
 * given out since it was started. After a longer one all processes are looked at, except those that an earlier
 * scan has seen to be somebody else's, until the next full scan.
 */
export class LeftoverScanner {
  readonly #clusterId: string;
  #foreign = new Set<string>();
  #fullScanAt = 0;

  constructor(clusterId: string) {
    this.#clusterId = clusterId;
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
      const foreign = new Set<string>();
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
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
        killed += 1;
      } catch {
        // It ended by itself.
      }
    }
  }
  return killed;
}

/** `known` are processes not to look at; `foreign` receives those and the ones found not to be of this cluster. */
function findMarked(
  clusterId: string,
  runId: string | undefined,
  known?: Set<string>,
  foreign?: Set<string>,
): number[] {
  const cluster = `${CLUSTER_MARKER}=${clusterId}`;
  const run = runId === undefined ? undefined : `${RUN_MARKER}=${runId}`;
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) {
      continue;
    }
    if (known?.has(name)) {
      foreign?.add(name);
      continue;
    }
    const variables = readEnvironment(pid);
    if (!variables.includes(cluster)) {
      foreign?.add(name);
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
