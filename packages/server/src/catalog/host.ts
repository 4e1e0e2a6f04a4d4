import { availableParallelism, cpus, hostname, totalmem } from 'node:os';
import { LIMITS } from '../limits.ts';
import type { Host } from './types.ts';

const bytesPerMb = 1024 * 1024;

/**
 * Looks at the machine the server runs on; cores and memory are what this process may use, not what is built in. `cores` are
 * those that jobs may have together, where a site says so: they share the memory.
 */
export function inspectHost({ cores = 0 } = {}): Host {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return {
    hostname: hostname(),
    cores: Math.max(cores, availableParallelism()),
    memoryMb: Math.floor(memory / bytesPerMb),
    processorInfo: (cpus()[0]?.model ?? '').replaceAll(/\s+/g, ' ').trim() || `${process.arch} processor`,
    gpus: 0,
  };
}

/** The memory that a core of the host has, in MB: its share of what the platform itself does not need. */
export function memoryMbPerCore({ memoryMb, cores }: Pick<Host, 'memoryMb' | 'cores'>): number {
  const forPlatform = Math.min(LIMITS.hostMemoryBytes / bytesPerMb, memoryMb / 4);
  return Math.max(1, Math.floor((memoryMb - forPlatform) / cores));
}
