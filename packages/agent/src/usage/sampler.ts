/**
 * What runs use while they run: now and then a sample of each, to be sent with the next exchange. Samples are not journaled:
 * the series is a picture and no account, and what a run has used in all comes with its end. A run that ends before its first sample
 * costs an entry in a map.
 */
import type { RunUsage, UsageSample } from '@quarry/contract';
import { UNSENT_SAMPLES } from '../limits.ts';
import { DiskLooks, type WatchedDirectory } from './disk-looks.ts';
import { lookAtTree, type TreeRoot } from './tree-usage.ts';

/** Follows one run; disposed of when its commands are over. */
export interface RunSampling extends Disposable {
  commandStarted(root: TreeRoot): void;
  commandEnded(usage: RunUsage): void;
}

interface SampledRun {
  runId: string;
  startedAt: number;
  nextAt: number;
  root: TreeRoot | null;
  /** Of the commands that have ended; null when one did not tell. */
  earlierCpuSeconds: number | null;
  /** What was seen so far: a process that is taken away takes its share with it. */
  cpuSeconds: number;
  /** Of which one look at a time is asked for. */
  directory: WatchedDirectory;
  diskBytes: number | null;
}

export class UsageSampler {
  readonly #intervalMs: number;
  readonly #onSample: () => void;
  readonly #runs = new Set<SampledRun>();
  readonly #disk = new DiskLooks();
  #unsent: UsageSample[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `intervalSeconds` 0 takes none. */
  constructor(intervalSeconds: number, onSample: () => void) {
    this.#intervalMs = intervalSeconds * 1000;
    this.#onSample = onSample;
  }

  /** Follows a run from now on. */
  begin(runId: string, openWork: () => number): RunSampling {
    const startedAt = performance.now();
    const gone = new AbortController();
    const run: SampledRun = {
      runId,
      startedAt,
      nextAt: startedAt + this.#intervalMs,
      root: null,
      earlierCpuSeconds: 0,
      cpuSeconds: 0,
      diskBytes: null,
      directory: {
        open: openWork,
        signal: gone.signal,
        found: (bytes) => {
          run.diskBytes = bytes;
        },
      },
    };
    if (this.#intervalMs > 0) {
      this.#runs.add(run);
      this.#timer ??= this.#arm(this.#intervalMs);
    }
    return {
      commandStarted: (root) => {
        run.root = root;
      },
      commandEnded: ({ cpuSeconds }) => {
        run.root = null;
        const { earlierCpuSeconds: earlier } = run;
        run.earlierCpuSeconds = earlier === null || cpuSeconds === null ? null : earlier + cpuSeconds;
      },
      [Symbol.dispose]: () => {
        this.#runs.delete(run);
        gone.abort();
      },
    };
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /** Samples that the server has not got yet; they stay until `sent`. */
  get unsent(): readonly UsageSample[] {
    return this.#unsent;
  }

  /** The server has these. */
  sent(samples: readonly UsageSample[]): void {
    const done = new Set(samples);
    this.#unsent = this.#unsent.filter((sample) => !done.has(sample));
  }

  #arm(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#sampleAll(), milliseconds).unref();
  }

  #sampleAll(): void {
    this.#timer = undefined;
    const now = performance.now();
    let nextAt = Number.POSITIVE_INFINITY;
    let isNews = false;
    for (const run of this.#runs) {
      if (run.nextAt <= now) {
        this.#unsent.push(this.#sample(run, now));
        isNews = true;
        // From now, not from when it was due: a host that was busy or asleep is not asked twice.
        run.nextAt = now + this.#intervalMs;
      }
      nextAt = Math.min(nextAt, run.nextAt);
    }
    if (this.#runs.size > 0) {
      this.#timer = this.#arm(Math.max(1, nextAt - performance.now()));
    }
    if (this.#unsent.length > UNSENT_SAMPLES) {
      this.#unsent = thinned(this.#unsent);
    }
    if (isNews) {
      this.#onSample();
    }
  }

  #sample(run: SampledRun, now: number): UsageSample {
    const seen = run.root === null ? null : lookAtTree(run.root);
    const { earlierCpuSeconds: earlier } = run;
    if (earlier !== null) {
      run.cpuSeconds = Math.max(run.cpuSeconds, earlier + (seen?.cpuSeconds ?? 0));
    }
    this.#disk.ask(run.directory);
    return {
      runId: run.runId,
      at: new Date().toISOString(),
      elapsedSeconds: Math.round(now - run.startedAt) / 1000,
      cpuSeconds: earlier === null ? null : Math.round(run.cpuSeconds * 100) / 100,
      memoryBytes: seen?.memoryBytes ?? 0,
      diskBytes: run.diskBytes,
    };
  }
}

/** Every second sample of each run, the latest of each among them: the server was away for long. */
function thinned(samples: readonly UsageSample[]): UsageSample[] {
  const later = new Map<string, number>();
  return samples
    .toReversed()
    .filter(({ runId }) => {
      const count = later.get(runId) ?? 0;
      later.set(runId, count + 1);
      return count % 2 === 0;
    })
    .reverse();
}
