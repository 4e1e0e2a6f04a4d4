import { readFileSync, statfsSync } from 'node:fs';
import {
  MEMORY_GROWTH_BYTES_PER_MS,
  MEMORY_LOOK_SHARE,
  MEMORY_SAMPLES_MS,
  MEMORY_WATCH_MS,
} from '../limits.ts';
import { childrenOf } from './process-tree.ts';

interface Status {
  residentBytes: number;
  peakBytes: number;
  /** What cannot be given up without being lost; what several processes share is in each of them. */
  heldBytes: number;
}

/** What is done beside looking. */
export interface SamplerOptions {
  /** What all processes may hold together; null when nobody wants to know. */
  limitBytes: number | null;
  /** A directory in memory whose files count as well. */
  sharedMemory: string | null;
  /** Called with each look but the first, which comes with the start. */
  onLook: () => void;
  /** Called with what they hold when it is more than the limit. */
  onExceeded: (heldBytes: number) => void;
}

/**
 * Looks at the memory of a tree of processes, soon after its start and then ever more rarely. What it finds is a
 * lower bound: a process that comes and goes between two looks is not seen.
 *
 * With a limit it looks the more often the less is left, since a process fills some GiB in a second; looks that take long
 * are made more rarely, so that they never cost more than their share of a processor. Each look adds up what Linux tells cheaply,
 * where memory that several processes share counts for each of them. Only when that is beyond the limit it asks for what
 * they hold in truth, for which Linux walks through all their pages.
 */
export class MemorySampler {
  readonly #root: number;
  readonly #ownLevels: number;
  readonly #options: SamplerOptions;
  #peakBytes = 0;
  /** Of the processes that are ours: all there is to say of a command that ends before the second look. */
  #floorBytes = 0;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;

  /** The first `ownLevels` generations, the root being one, have started the command and do not count. */
  constructor(root: number, ownLevels: number, options: SamplerOptions) {
    this.#root = root;
    this.#ownLevels = ownLevels;
    this.#options = options;
    this.#look();
  }

  /** Ends the sampling and returns the most that was seen; null when this host does not tell. */
  stop(): number | null {
    clearTimeout(this.#timer);
    return this.#peakBytes || this.#floorBytes || null;
  }

  #look(): void {
    const begunAt = performance.now();
    const heldBytes = this.#sample();
    const tookMs = performance.now() - begunAt;
    this.#timer = setTimeout(() => this.#look(), this.#pauseMs(heldBytes, tookMs));
    if (this.#looks > 0) {
      this.#options.onLook();
    }
    this.#looks += 1;
  }

  #pauseMs(heldBytes: number, tookMs: number): number {
    const usualMs = MEMORY_SAMPLES_MS[Math.min(this.#looks, MEMORY_SAMPLES_MS.length - 1)]!;
    const { limitBytes } = this.#options;
    if (limitBytes === null) {
      return usualMs;
    }
    const untilFullMs = Math.max(MEMORY_WATCH_MS, (limitBytes - heldBytes) / MEMORY_GROWTH_BYTES_PER_MS);
    return Math.max(Math.min(usualMs, untilFullMs), tookMs / MEMORY_LOOK_SHARE);
  }

  /** Answers what the processes hold at most. */
  #sample(): number {
    let totalBytes = 0;
    let heldBytes = 0;
    const counted: number[] = [];
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
          heldBytes += status.heldBytes;
          counted.push(pid);
          this.#peakBytes = Math.max(this.#peakBytes, status.peakBytes);
        }
        next.push(...childrenOf(pid));
      }
      generation = next;
    }
    this.#peakBytes = Math.max(this.#peakBytes, totalBytes);
    return this.#compare(heldBytes, counted);
  }

  #compare(heldBytes: number, pids: readonly number[]): number {
    const { limitBytes, sharedMemory, onExceeded } = this.#options;
    if (limitBytes === null) {
      return 0;
    }
    const filesBytes = sharedMemory === null ? 0 : bytesOfFiles(sharedMemory);
    if (heldBytes + filesBytes <= limitBytes) {
      return heldBytes + filesBytes;
    }
    const exactBytes = holdTogether(pids, filesBytes);
    if (exactBytes > limitBytes) {
      onExceeded(exactBytes);
    }
    return exactBytes;
  }
}

/** Null for a process that has ended, also for one that nobody has waited for yet. */
function readStatus(pid: number): Status | null {
  const text = read(`/proc/${pid}/status`);
  const peakBytes = bytesOf(text, 'VmHWM');
  const residentBytes = bytesOf(text, 'VmRSS');
  return peakBytes === null || residentBytes === null
    ? null
    : {
        residentBytes,
        peakBytes,
        heldBytes:
          (bytesOf(text, 'RssAnon') ?? residentBytes) +
          (bytesOf(text, 'RssShmem') ?? 0) +
          (bytesOf(text, 'VmSwap') ?? 0),
      };
}

/**
 * What processes hold together, each page once. Files that are mapped do not count, as Linux reads them again. What cannot be
 * looked at is held against nobody.
 */
function holdTogether(pids: readonly number[], filesBytes: number): number {
  let ownBytes = 0;
  let sharedBytes = 0;
  for (const pid of pids) {
    const text = read(`/proc/${pid}/smaps_rollup`);
    ownBytes += (bytesOf(text, 'Pss_Anon') ?? bytesOf(text, 'Pss') ?? 0) + (bytesOf(text, 'SwapPss') ?? 0);
    sharedBytes += bytesOf(text, 'Pss_Shmem') ?? 0;
  }
  // Files in memory that are mapped are in both.
  return ownBytes + Math.max(sharedBytes, filesBytes);
}

function bytesOfFiles(directory: string): number {
  try {
    const { blocks, bfree, bsize } = statfsSync(directory);
    return (blocks - bfree) * bsize;
  } catch {
    return 0;
  }
}

const NAMES = [
  ...(['VmHWM', 'VmRSS', 'RssAnon', 'RssShmem', 'VmSwap'] as const),
  ...(['Pss', 'Pss_Anon', 'Pss_Shmem', 'SwapPss'] as const),
];
type Field = (typeof NAMES)[number];
const FIELDS = Object.fromEntries(
  NAMES.map((name) => [name, new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm')]),
) as Record<Field, RegExp>;

function bytesOf(text: string, name: Field): number | null {
  const found = FIELDS[name].exec(text);
  return found === null ? null : Number(found[1]) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
