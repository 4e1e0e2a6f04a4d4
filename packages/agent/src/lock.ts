import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

interface Owner {
  pid: number;
  /** Start time of the process in clock ticks since boot: tells the owner from a later process of the same number. */
  startTicks: string;
  host: string;
}

/** Makes this process the only agent of a cluster's directory; throws when another one lives. Returns the release. */
export function lockCluster(path: string): () => void {
  const mine = JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid), host: hostname() });
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
    throw new Error(
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

function isAlive(owner: Owner): boolean {
  return owner.host !== hostname() || startTicks(owner.pid) === owner.startTicks;
}

function startTicks(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  // The name of the program stands in parentheses and may hold anything, so fields count from the last one.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
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
