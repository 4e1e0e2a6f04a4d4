import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Platform } from '../../packages/server/testing/start-platform.ts';
import { eventually } from './jobs.ts';

/** Waits until the cluster of a job is Stopped. */
export async function clusterToStop(platform: Platform, id: string): Promise<void> {
  await eventually('the cluster to stop', async () => {
    const { body } = await platform.call('GET', `/api/v2/jobs/${id}/cluster_statuses/`);
    return body.results[0]?.status === 'Stopped';
  });
}

/** The process of the one agent that works for a platform. */
export async function agentOf(platform: Platform): Promise<number> {
  const clusters = await readdir(platform.clustersDirectory);
  const lock = await readFile(join(platform.clustersDirectory, clusters[0]!, 'agent.lock'), 'utf8');
  return (JSON.parse(lock) as { pid: number }).pid;
}

/** What clusters of a platform have left behind: their directories, and processes that know of one. */
export function leftovers({ clustersDirectory: clusters }: Platform): string[] {
  const processes = readdirSync('/proc').filter(
    (name) =>
      /^\d+$/.test(name) && ['cmdline', 'environ'].some((file) => mentions(name, file, `${clusters}/`)),
  );
  return [...readdirSync(clusters), ...processes.map((pid) => `process ${pid}`)];
}

function mentions(pid: string, file: string, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(text);
  } catch {
    // Ended meanwhile, or somebody else's.
    return false;
  }
}
