/** What a tree of processes uses now, as Linux tells it to everybody. */
import { readFileSync } from 'node:fs';
import { childrenOf } from '../process/process-tree.ts';

/** Of all that Linux tells in clock ticks, whatever the kernel counts in (`USER_HZ`). */
const TICKS_PER_SECOND = 100;

export interface TreeUsage {
  /** Of the processes that execute, and of those that they have waited for. */
  cpuSeconds: number;
  /** Resident memory of all of them together. */
  memoryBytes: number;
}

export interface TreeRoot {
  pid: number;
  /** So many generations, the root being one, lead to the shell of the command. */
  ownLevels: number;
}

/**
 * Null where nothing of it executes any more. Without a sandbox a process that has left its parents behind is not in the tree:
 * looking for it at every process of the host would cost more than the picture is worth.
 */
export function lookAtTree({ pid: root, ownLevels }: TreeRoot): TreeUsage | null {
  let ticks = 0;
  let memoryBytes = 0;
  let found = false;
  const seen = new Set<number>();
  let generation = [root];
  for (let level = 0; generation.length > 0; level += 1) {
    const next: number[] = [];
    for (const pid of generation) {
      if (seen.has(pid)) {
        continue;
      }
      seen.add(pid);
      next.push(...childrenOf(pid));
      // Of a namespace's first process counts what it has waited for: what its parents have left behind.
      if (level < ownLevels - 1 || level === 0) {
        continue;
      }
      const stat = lookAt(pid);
      if (stat !== null && level < ownLevels) {
        ticks += stat.waitedTicks;
      } else if (stat !== null) {
        found = true;
        ticks += stat.ticks + stat.waitedTicks;
        memoryBytes += stat.memoryBytes;
      }
    }
    generation = next;
  }
  return found ? { cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes } : null;
}

interface ProcessUsage {
  /** Its own time. */
  ticks: number;
  /** That of the processes that it has waited for, and they in turn. */
  waitedTicks: number;
  memoryBytes: number;
}

function lookAt(pid: number): ProcessUsage | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') {
    return null;
  }
  // The name of the program stands in parentheses and may hold anything, so fields count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  const [own, system, waited, waitedSystem] = fields.slice(11, 15).map(Number);
  return {
    ticks: own! + system!,
    waitedTicks: waited! + waitedSystem!,
    memoryBytes: Number(resident?.[1] ?? 0) * 1024,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
