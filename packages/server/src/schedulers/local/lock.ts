import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from './process.ts';

/** The lock that the agent of a cluster has in its directory while it is at work. */
export function lockOf(directory: string): string {
  return join(directory, 'agent.lock');
}

/** The living agent of a cluster's directory, from the lock that it holds there. */
export async function findAgent(directory: string): Promise<ProcessIdentity | null> {
  try {
    const lock = JSON.parse(await readFile(lockOf(directory), 'utf8')) as ProcessIdentity;
    const identity = { pid: lock.pid, startTicks: lock.startTicks, bootId: lock.bootId ?? null };
    return isAlive(identity) ? identity : null;
  } catch {
    // No such file: no agent has come up here, or it has left.
    return null;
  }
}
