import { readFileSync } from 'node:fs';
import { MEMORY_SAMPLES_MS } from '../limits.ts';
import { childrenOf } from './process-tree.ts';

interface Status {
  residentBytes: number;
  peakBytes: number;
}

/**
 * Looks at the memory of a tree of processes, soon after its start and then ever more rarely. What it finds is a
 * lower bound: a process that comes and goes between two looks is not seen.
 */
export class MemorySampler {
  readonly #root: number;
  readonly #ownLevels: number;
  #peakBytes = 0;
  /** Of the processes that are ours: all there is to say of a command that ends before the second look. */
  #floorBytes = 0;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;

  /** The first `ownLevels` generations, the root being one, have started the command and do not count. */
  constructor(root: number, ownLevels: number) {
    this.#root = root;
    this.#ownLevels = ownLevels;
    this.#look();
  }

  /** Ends the sampling and returns the most that was seen; null when this host does not tell. */
  stop(): number | null {
    clearTimeout(this.#timer);
    return this.#peakBytes || this.#floorBytes || null;
  }

  #look(): void {
    this.#sample();
    const delayMs = MEMORY_SAMPLES_MS[Math.min(this.#looks, MEMORY_SAMPLES_MS.length - 1)];
    this.#looks += 1;
    this.#timer = setTimeout(() => this.#look(), delayMs);
  }

  #sample(): void {
    let totalBytes = 0;
    let generation = [this.#root];
    for (let level = 0; generation.length > 0; level += 1) {
      const next: number[] = [];
      for (const pid of generation) {
        const status = readStatus(pid);
        if (status === null) {
          continue;
        }
        if (level < this.#ownLevels) {
          this.#floorBytes = Math.max(this.#floorBytes, status.peakBytes);
        } else {
          totalBytes += status.residentBytes;
          this.#peakBytes = Math.max(this.#peakBytes, status.peakBytes);
        }
        next.push(...childrenOf(pid));
      }
      generation = next;
    }
    this.#peakBytes = Math.max(this.#peakBytes, totalBytes);
  }
}

/** Null for a process that has ended, also for one that nobody has waited for yet. */
function readStatus(pid: number): Status | null {
  const text = read(`/proc/${pid}/status`);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(text);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(text);
  return peak === null || resident === null
    ? null
    : {
        residentBytes: Number(resident[1]) * 1024,
        peakBytes: Number(peak[1]) * 1024,
      };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
