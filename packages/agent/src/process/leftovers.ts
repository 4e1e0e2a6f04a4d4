/**
 * Finds processes by the marker variables in their environment. A command without a sandbox can leave its
 * process group (setsid, daemons), but what it starts inherits the markers; only a process that also wipes
 * its environment escapes. In the sandbox nothing outlives the command, so this is not needed there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { LEFTOVER_FULL_SCAN_MS, LEFTOVER_ROUNDS } from '../limits.ts';
import { CLUSTER_MARKER, RUN_MARKER } from './environment.ts';

/** Kills every process of a cluster, or of one of its runs; returns how many signals were sent. */
export function killMarked(clusterId: string, runId?: string): number {
  return killUntilNone(() => findMarked(clusterId, runId));
}

/**
 * The same for many short runs on a busy host: processes that an earlier scan has seen to be somebody else's
 * are not looked at again until the next full scan.
 */
export class LeftoverScanner {
  readonly #clusterId: string;
  #foreign = new Set<string>();
  #fullScanAt = 0;

  constructor(clusterId: string) {
    this.#clusterId = clusterId;
  }

  /** Kills what a run has left behind; returns how many signals were sent. */
  killRun(runId: string): number {
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
