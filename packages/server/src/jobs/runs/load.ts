/** What runs used together, stretch by stretch, from the series of each. Pure. */
import type { UsagePoint } from './usage-series.ts';

export interface LoadSeries {
  /** Milliseconds since the epoch. */
  begunAtMs: number;
  points: readonly UsagePoint[];
}

export interface LoadWindow {
  /** Milliseconds since the epoch, where the first stretch begins. */
  fromMs: number;
  toMs: number;
  /** How long each is; the last one ends with the window, or with what is known: later it is not nothing that is used. */
  periodMs: number;
}

export interface Load {
  endMs: number;
  seconds: number;
  runs: number;
  cpuCores: number | null;
  memoryBytes: number | null;
  diskBytes: number | null;
}

/** Values are averages over the stretch: what is summed up is each value times the time that it held. */
interface Sum {
  runs: number;
  lastRun: number;
  cpuMs: number | null;
  memory: number | null;
  disk: number | null;
}

/** Takes the series of one run after another, and has what they used together; stretches in which there was none are left out. */
export class LoadSums {
  readonly #window: LoadWindow;
  readonly #sums = new Map<number, Sum>();
  #run = 0;
  #knownUntilMs = Number.NEGATIVE_INFINITY;

  constructor(window: LoadWindow) {
    this.#window = window;
  }

  add({ begunAtMs, points }: LoadSeries): void {
    this.#run += 1;
    let before: UsagePoint = [0, 0, null, null];
    for (const point of points) {
      const startMs = begunAtMs + before[0] * 1000;
      this.#spread(startMs, begunAtMs + point[0] * 1000, {
        cpuMs: point[1] === null || before[1] === null ? null : Math.max(0, point[1] - before[1]) * 1000,
        memoryBytes: point[2],
        diskBytes: point[3],
      });
      before = point;
    }
  }

  result(): Load[] {
    const { fromMs, toMs, periodMs } = this.#window;
    return [...this.#sums]
      .toSorted(([a], [b]) => a - b)
      .map(([index, { runs, cpuMs, memory, disk }]) => {
        const endMs = Math.min(toMs, this.#knownUntilMs, fromMs + (index + 1) * periodMs);
        const lengthMs = endMs - (fromMs + index * periodMs);
        return {
          endMs,
          seconds: lengthMs / 1000,
          runs,
          cpuCores: cpuMs === null ? null : Math.round((cpuMs / lengthMs) * 100) / 100,
          memoryBytes: memory === null ? null : Math.round(memory / lengthMs),
          diskBytes: disk === null ? null : Math.round(disk / lengthMs),
        };
      });
  }

  #spread(
    startMs: number,
    endMs: number,
    used: { cpuMs: number | null; memoryBytes: number | null; diskBytes: number | null },
  ): void {
    const { fromMs, toMs, periodMs } = this.#window;
    const first = Math.max(startMs, fromMs);
    const last = Math.min(endMs, toMs);
    this.#knownUntilMs = Math.max(this.#knownUntilMs, last);
    for (let at = first; at < last; ) {
      const index = Math.floor((at - fromMs) / periodMs);
      const until = Math.min(last, fromMs + (index + 1) * periodMs);
      const lengthMs = until - at;
      const sum = this.#sums.get(index) ?? { runs: 0, lastRun: 0, cpuMs: null, memory: null, disk: null };
      this.#sums.set(index, sum);
      if (sum.lastRun !== this.#run) {
        sum.lastRun = this.#run;
        sum.runs += 1;
      }
      sum.cpuMs = plus(sum.cpuMs, used.cpuMs, lengthMs / (endMs - startMs));
      sum.memory = plus(sum.memory, used.memoryBytes, lengthMs);
      sum.disk = plus(sum.disk, used.diskBytes, lengthMs);
      at = until;
    }
  }
}

function plus(sum: number | null, value: number | null, times: number): number | null {
  return value === null ? sum : (sum ?? 0) + value * times;
}
