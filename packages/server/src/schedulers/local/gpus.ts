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

/** Those of a cluster whose start was not recorded, as its agent was told. */
export async function readGpus({ directory, holds }: ClusterRequest): Promise<string[]> {
  try {
    const path = join(directory, holds ? 'holder.json' : 'cluster.json');
    const { gpus } = JSON.parse(await readFile(path, 'utf8')) as Pick<ClusterFile | HolderFile, 'gpus'>;
    return heldGpus(gpus ?? []);
  } catch {
    return [];
  }
}
