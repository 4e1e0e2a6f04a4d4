import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterFile } from '@quarry/contract';
import { openSlots } from '../slots/open-slots.ts';

export interface SandboxProbe {
  available: boolean;
  /** Whether it is the better kind, which stays and parts runs from each other by namespaces of their own. */
  isStaying: boolean;
  /** Whether jobs reach the abstract sockets of the host and of each other, and may hand open files on through them. */
  sharesAbstractSockets: boolean;
  /** Why it is not there, or not of the better kind, and what to do about it; null when there is nothing to say. */
  reason: string | null;
}

/**
 * Brings up a real sandbox as a cluster gets it, and ends it; rejects only where nothing temporary can be written. Takes some
 * tens of milliseconds.
 */
export async function probeSandbox(
  sandbox: Omit<ClusterFile['sandbox'], 'mode'> = { hiddenPaths: [] },
): Promise<SandboxProbe> {
  const directory = mkdtempSync(join(tmpdir(), 'quarry-sandbox-'));
  try {
    const opened = await openSlots(probeCluster(directory, sandbox));
    await Promise.all(opened.slots.map((slot) => slot.close()));
    const { isolation, reason } = opened.sandbox;
    const { sharesAbstractSockets } = opened;
    return { available: isolation !== 'none', isStaying: isolation === 'run', sharesAbstractSockets, reason };
  } catch (error) {
    const nothing = { available: false, isStaying: false, sharesAbstractSockets: true };
    return { ...nothing, reason: (error as Error).message };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function probeCluster(directory: string, sandbox: Omit<ClusterFile['sandbox'], 'mode'>): ClusterFile {
  return {
    ...{
      clusterId: 'probe',
      token: '',
      serverUrl: '',
      serverFile: null,
      directory,
      slots: 1,
      coresPerSlot: 1,
    },
    sandbox: { ...sandbox, mode: 'auto' },
    limits: { logBytes: 0, archiveEntries: 0, archiveExpandedBytes: 0, outputFiles: 0, stopGraceSeconds: 0 },
  };
}
