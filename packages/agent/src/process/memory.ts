import { readdirSync, readFileSync } from 'node:fs';
import { MEMORY_SAMPLES_MS } from '../limits.ts';

interface Status {
  residentBytes: number;
  peakBytes: number;
  threads: number;
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
  #floorBytes: number;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * The first `ownLevels` generations, the root being one, are the sandbox and the meter, and do not count.
   * `floorBytes` is what the command has had in any case, or 0.
   */
  constructor(root: number, ownLevels: number, floorBytes: number) {
    this.#root = root;
    this.#floorBytes = floorBytes;
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
        next.push(...childrenOf(pid, status.threads));
      }
      generation = next;
    }
    this.#peakBytes = Math.max(this.#peakBytes, totalBytes);
  }
}

/** The most that a process has held; 0 when this host does not tell. */
export function peakBytesOf(pid: number): number {
  return readStatus(pid)?.peakBytes ?? 0;
}

/** Null for a process that has ended, also for one that nobody has waited for yet. */
function readStatus(pid: number): Status | null {
  const text = read(`/proc/${pid}/status`);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(text);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(text);
  const threads = /^Threads:\s+(\d+)$/m.exec(text);
  return peak === null || resident === null
    ? null
    : {
        residentBytes: Number(resident[1]) * 1024,
        peakBytes: Number(peak[1]) * 1024,
        threads: Number(threads?.[1] ?? 1),
      };
}

/** Each thread has children of its own. */
function childrenOf(pid: number, threads: number): number[] {
  const ids = threads === 1 ? [String(pid)] : list(`/proc/${pid}/task`);
  return ids.flatMap((id) => {
    const text = read(`/proc/${pid}/task/${id}/children`).trim();
    return text === '' ? [] : text.split(' ').map(Number);
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
