import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClusterRequest } from '../scheduler.ts';
import { findAgent, lockOf } from './lock.ts';
import { isAlive, type ProcessIdentity } from './process.ts';

/** Where a share is on its way to the holder of its cluster, and what it has while the holder is at work for it. */
export interface ShareFiles {
  entry: string;
  lock: string;
}

export function filesOf({ clusterId, within, directory }: ClusterRequest): ShareFiles {
  return { entry: join(dirname(directory), within!, 'shares', clusterId), lock: lockOf(directory) };
}

/** Whether a share waits to be taken, or is being executed: the lock is there before the entry is gone. */
export function isHanded({ entry, lock }: ShareFiles): boolean {
  return existsSync(entry) || existsSync(lock);
}

/**
 * Gives a share to the holder of its cluster, which executes it in its own process, and answers that process. Nobody waits
 * for the holder to take it. May be repeated: a share that is under way stays as it is. Throws when the holder is gone.
 */
export async function handOver(
  holder: ProcessIdentity | null,
  request: ClusterRequest,
): Promise<ProcessIdentity> {
  const atWork = await findAgent(request.directory);
  if (atWork !== null) {
    return atWork;
  }
  if (holder === null || !isAlive(holder)) {
    throw new Error(`cluster ${request.within} is not there any more`);
  }
  const { entry } = filesOf(request);
  await mkdir(dirname(entry), { recursive: true, mode: 0o700 });
  await writeFile(`${entry}.new`, join(request.directory, 'cluster.json'), { mode: 0o600 });
  await rename(`${entry}.new`, entry);
  return holder;
}
