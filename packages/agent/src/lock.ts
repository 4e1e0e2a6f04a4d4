import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { readBootId } from './monotonic.ts';
import { isAlive as executes, statOf } from './process/process-tree.ts';

interface Owner {
  pid: number;
  /** Start time of the process in clock ticks since boot: tells the owner from a later process of the same number. */
  startTicks: string;
  /** Of the host when the owner took the lock: after a reboot another process may have the same number and start time. Absent in locks of earlier versions. */
  bootId?: string | null;
  host: string;
  salvages?: boolean;
}

/** The lock is held by a process that collects what a dead agent has left, which ends by itself. */
export class SalvageUnderWay extends Error {}

/**
 * Makes this process the only agent of a cluster's directory; throws when another one lives. Returns the release.
 * `salvages`: it only collects what a dead agent has left.
 */
export function lockCluster(path: string, { salvages = false } = {}): () => void {
  const owner: Owner = {
    pid: process.pid,
    startTicks: startTicks(process.pid)!,
    bootId: readBootId(),
    host: hostname(),
    salvages,
  };
  const mine = JSON.stringify(owner);
  const prepared = `${path}.${process.pid}`;
  writeFileSync(prepared, mine, { mode: 0o600 });
  try {
    while (!takes(prepared, path)) {
      clearDead(path);
    }
  } finally {
    rmSync(prepared, { force: true });
  }
  return () => rmSync(path, { force: true });
}

/** A hard link is made or refused in one step, and the lock is never seen half written. */
function takes(prepared: string, path: string): boolean {
  try {
    linkSync(prepared, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function clearDead(path: string): void {
  const held = read(path);
  if (held === null) {
    return;
  }
  const owner = parseOwner(held);
  if (owner !== null && isAlive(owner)) {
    const Refused = owner.salvages ? SalvageUnderWay : Error;
    throw new Refused(
      `Another agent (process ${owner.pid} on ${owner.host}) works for this cluster: ${path}. Only one may; end that one first.`,
    );
  }
  // Two newcomers may both see the dead owner: only the one whose rename takes the file that it judged goes on.
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== held) {
    takes(aside, path);
  }
  rmSync(aside, { force: true });
}

function isAlive({ pid, startTicks: ticks, bootId: boot, host }: Owner): boolean {
  if (host !== hostname()) {
    return true;
  }
  const current = readBootId();
  const isOfEarlierBoot = typeof boot === 'string' && current !== null && boot !== current;
  // A zombie has its start time, and may stay for ever: in a container nobody may be there to wait for it.
  return !isOfEarlierBoot && startTicks(pid) === ticks && executes(pid);
}

/** As it stands in locks, those of earlier versions too. */
function startTicks(pid: number): string | null {
  const stat = statOf(pid);
  return stat && String(stat.startTicks);
}

function parseOwner(text: string): Owner | null {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return null;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
