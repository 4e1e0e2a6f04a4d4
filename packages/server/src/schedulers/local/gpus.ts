import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterFile, HolderFile, SlotGpu } from '@quarry/contract';
import type { ClusterRequest } from '../scheduler.ts';

/** GPUs for each slot, of those that nobody has; throws when there are not enough, which `plan` rules out. */
export function chooseGpus(
  gpus: readonly SlotGpu[],
  taken: ReadonlySet<string>,
  { slots, gpusPerSlot }: { slots: number; gpusPerSlot: number },
): SlotGpu[][] {
  const free = gpus.filter(({ id }) => !taken.has(id));
  if (free.length < slots * gpusPerSlot) {
    throw new Error(`${slots * gpusPerSlot} GPUs are needed, and ${free.length} of ${gpus.length} are free`);
  }
  return Array.from({ length: slots }, (_, slot) => free.slice(slot * gpusPerSlot, (slot + 1) * gpusPerSlot));
}

export function heldGpus(gpus: readonly SlotGpu[][]): string[] {
  return gpus.flat().map(({ id }) => id);
}

/** In the directory of a cluster whose agent is told later which it has. */
const NOTE = 'gpus.json';

export function noteGpus(directory: string, ids: readonly string[]): void {
  writeFileSync(join(directory, NOTE), JSON.stringify(ids), { mode: 0o600 });
}

/** Those of a cluster whose start was not recorded, as its agent was told, or will be. */
export async function readGpus({ directory, holds }: ClusterRequest): Promise<string[]> {
  try {
    return JSON.parse(await readFile(join(directory, NOTE), 'utf8')) as string[];
  } catch {
    // Its agent was told at once.
  }
  try {
    const path = join(directory, holds ? 'holder.json' : 'cluster.json');
    const { gpus } = JSON.parse(await readFile(path, 'utf8')) as Pick<ClusterFile | HolderFile, 'gpus'>;
    return heldGpus(gpus ?? []);
  } catch {
    return [];
  }
}
