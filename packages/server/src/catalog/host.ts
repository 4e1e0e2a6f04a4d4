import { availableParallelism, cpus, hostname, totalmem } from 'node:os';
import type { Host } from './types.ts';

const bytesPerMb = 1024 * 1024;

/** Looks at the machine the server runs on; cores and memory are what this process may use, not what is built in. */
export function inspectHost(): Host {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return {
    hostname: hostname(),
    cores: availableParallelism(),
    memoryMb: Math.floor(memory / bytesPerMb),
    processorInfo: (cpus()[0]?.model ?? '').replaceAll(/\s+/g, ' ').trim() || `${process.arch} processor`,
    gpus: 0,
  };
}
