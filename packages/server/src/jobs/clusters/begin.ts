import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HolderBegun } from '@quarry/contract';
import { monotonicMs, readBootId } from '../../monotonic.ts';

/** What the holder of a cluster has said since when it is there; null as long as it has not. */
export async function readBegun(directory: string): Promise<HolderBegun | null> {
  try {
    return JSON.parse(await readFile(join(directory, 'begun.json'), 'utf8')) as HolderBegun;
  } catch {
    // No such file yet, and it is never seen half written.
    return null;
  }
}

/** How long a holder has been there, by a clock that nobody sets. After another boot it cannot be there. */
export function heldForMs({ monotonicMs: begunAt, bootId }: HolderBegun): number {
  return bootId === readBootId() ? monotonicMs() - begunAt : 0;
}
