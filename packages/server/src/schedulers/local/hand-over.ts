import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterRequest } from '../scheduler.ts';
import { findAgent } from './lock.ts';
import { isAlive, type ProcessIdentity } from './process.ts';

/** How long the holder of a persistent cluster may take to begin with a share; it is busy with others at most. */
const TAKE_OVER_MS = 30_000;
const LOOK_MS = 5;

/**
 * Gives a share to the holder of its cluster, which executes it in its own process, and answers that process. May be
 * repeated: a share that is under way stays as it is. Throws when the holder is gone, or does not take it.
 */
export async function handOver(
  holder: ProcessIdentity | null,
  { clusterId, within, directory }: ClusterRequest,
  clustersDirectory: string,
): Promise<ProcessIdentity> {
  const atWork = await findAgent(directory);
  if (atWork !== null) {
    return atWork;
  }
  if (holder === null) {
    throw new Error(`cluster ${within} is not there any more`);
  }
  const inbox = join(clustersDirectory, within!, 'shares');
  const entry = join(inbox, clusterId);
  await mkdir(inbox, { recursive: true, mode: 0o700 });
  await writeFile(`${entry}.new`, join(directory, 'cluster.json'), { mode: 0o600 });
  await rename(`${entry}.new`, entry);
  const deadline = performance.now() + TAKE_OVER_MS;
  while (existsSync(entry)) {
    if (!isAlive(holder)) {
      await rm(entry, { force: true });
      throw new Error(`cluster ${within} is not there any more`);
    }
    if (performance.now() > deadline) {
      await rm(entry, { force: true });
      throw new Error(`cluster ${within} did not begin with the job within ${TAKE_OVER_MS / 1000} seconds`);
    }
    await sleep(LOOK_MS);
  }
  // It has its lock, or has come to its end since, which is noticed as that of any agent.
  return holder;
}
