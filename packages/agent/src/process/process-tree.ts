/** What Linux tells of processes and of those that they started, as seen from the host. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Generations below a process that are looked at: what is deeper was made to waste our time, and dies with the rest. */
const GENERATIONS = 10_000;

export interface ProcessStat {
  parent: number;
  /** One letter; `Z` is a zombie, which has ended, `X` one that is just being taken away. */
  state: string;
  /** When it was started, in clock ticks since boot. */
  startTicks: number;
}

/** Null when there is no such process. */
export function statOf(pid: number): ProcessStat | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') {
    return null;
  }
  // The name of the program stands in parentheses and may hold anything, so fields count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, parent: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** Whether it still executes: a zombie does not, and holds nothing but its number. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
}

/** The processes that it started and that have not been waited for. Each of its threads has children of its own. */
export function childrenOf(pid: number): number[] {
  const threads = list(`/proc/${pid}/task`);
  const texts = threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`, null));
  if (threads.length > 0 && texts.every((text) => text === null) && isAlive(pid)) {
    return searchChildren(pid);
  }
  return texts.flatMap((text) => (text ?? '').split(' ').filter(Boolean).map(Number));
}

/** All processes below one, the nearer ones first; zombies included. */
export function descendantsOf(pid: number): number[] {
  const found = new Set<number>();
  let generation = [pid];
  for (let depth = 0; generation.length > 0 && depth < GENERATIONS; depth += 1) {
    generation = generation.flatMap(childrenOf).filter((child) => !found.has(child));
    for (const child of generation) {
      found.add(child);
    }
  }
  return [...found];
}

/**
 * All living processes below one, found by looking at every process of the host, or null when it cannot be known, since
 * some have changed their parents meanwhile. The list of children that `descendantsOf` goes by leaves out a process when
 * another one in it is taken away while it is read.
 */
export function searchDescendants(ancestor: number): number[] | null {
  const stats = new Map<number, ProcessStat>();
  for (const pid of allProcesses()) {
    const stat = statOf(pid);
    if (stat !== null) {
      stats.set(pid, stat);
    }
  }
  const found: number[] = [];
  for (const [pid, { state }] of stats) {
    const descends = pid !== ancestor && isBelow(pid, ancestor, stats);
    if (descends === null) {
      return null;
    }
    if (descends && state !== 'Z' && state !== 'X') {
      found.push(pid);
    }
  }
  return found;
}

/** Null when one of its ancestors has ended meanwhile. */
function isBelow(pid: number, ancestor: number, stats: ReadonlyMap<number, ProcessStat>): boolean | null {
  const seen = new Set<number>();
  // The first process of all, and those that the kernel has started, have 0.
  for (let each = pid; each !== 0 && !seen.has(each); ) {
    if (each === ancestor) {
      return true;
    }
    seen.add(each);
    const { parent } = stats.get(each)!;
    if (parent !== 0 && !stats.has(parent)) {
      // Whose parent ends gets another one; one that it keeps is hidden from us (`hidepid`), and not one of ours.
      return statOf(each)?.parent === parent ? false : null;
    }
    each = parent;
  }
  return false;
}

/** The pipe that a process reads as its standard input, as `pipe:[inode]`; null when it is something else. */
export function inputPipeOf(pid: number): string | null {
  const target = link(`/proc/${pid}/fd/0`);
  return target?.startsWith('pipe:') ? target : null;
}

const ACCESS_MODE = 0o3;
const READ_ONLY = 0;

/** Whether a process can write into a pipe. */
export function writesInto(pid: number, pipe: string): boolean {
  return list(`/proc/${pid}/fd`).some((fd) => {
    if (link(`/proc/${pid}/fd/${fd}`) !== pipe) {
      return false;
    }
    const flags = /^flags:\s+([0-7]+)$/m.exec(read(`/proc/${pid}/fdinfo/${fd}`));
    return flags !== null && (Number.parseInt(flags[1]!, 8) & ACCESS_MODE) !== READ_ONLY;
  });
}

/** A kernel without CONFIG_PROC_CHILDREN. */
function searchChildren(pid: number): number[] {
  return allProcesses().filter((other) => statOf(other)?.parent === pid);
}

export function allProcesses(): number[] {
  return list('/proc').map(Number).filter(Number.isInteger);
}

function read(path: string): string;
function read(path: string, otherwise: null): string | null;
function read(path: string, otherwise: null | '' = ''): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return otherwise;
  }
}

function link(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
