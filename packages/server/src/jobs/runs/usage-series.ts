/**
 * What a run uses as a series that does not grow without end: points are at least `resolutionSeconds` apart, and when there are too
 * many, every two become one and the resolution is half as fine. Pure.
 */
import type { UsageSample } from '@quarry/contract';
import { LIMITS } from '../../limits.ts';

/** Seconds since the run was started, CPU seconds since then, resident bytes (the most since the point before), bytes on the disk. */
export type UsagePoint = [
  elapsedSeconds: number,
  cpuSeconds: number | null,
  memoryBytes: number | null,
  diskBytes: number | null,
];

export interface UsageSeries {
  resolutionSeconds: number;
  points: UsagePoint[];
  latest: LatestUsage;
}

/** What the newest sample said. */
export interface LatestUsage {
  at: string;
  elapsedSeconds: number;
  cpuSeconds: number | null;
  /** Processors that it used on average since the sample before; null with the first. */
  cpuCores: number | null;
  memoryBytes: number | null;
  /** The most of all samples. */
  peakMemoryBytes: number | null;
  diskBytes: number | null;
}

type Sample = Omit<UsageSample, 'runId'>;

/** A sample that is repeated, or older than one that is known, changes nothing. */
export function withSample(
  series: UsageSeries | null,
  sample: Sample,
  resolutionSeconds: number,
): UsageSeries {
  if (series !== null && sample.elapsedSeconds <= series.latest.elapsedSeconds) {
    return series;
  }
  const { elapsedSeconds, cpuSeconds, memoryBytes, diskBytes } = sample;
  const before = series?.latest ?? null;
  const latest: LatestUsage = {
    at: sample.at,
    elapsedSeconds,
    cpuSeconds,
    cpuCores: coresBetween(before, sample),
    memoryBytes,
    peakMemoryBytes: greater(before?.peakMemoryBytes ?? null, memoryBytes),
    diskBytes,
  };
  const point: UsagePoint = [elapsedSeconds, cpuSeconds, memoryBytes, diskBytes];
  if (series === null) {
    return { resolutionSeconds, points: [point], latest };
  }
  const resolution = series.resolutionSeconds;
  const last = series.points.at(-1)!;
  const base = series.points.at(-2)?.[0] ?? 0;
  // Timers are late, never early: what is nearly as far as it should be counts as that far.
  const isFull = last[0] - base >= resolution * 0.75;
  const points = isFull ? [...series.points, point] : [...series.points.slice(0, -1), joined(last, point)];
  return points.length <= LIMITS.usagePointsPerRun
    ? { resolutionSeconds: resolution, points, latest }
    : { resolutionSeconds: resolution * 2, points: halved(points), latest };
}

function halved(points: readonly UsagePoint[]): UsagePoint[] {
  const half: UsagePoint[] = [];
  for (let index = 0; index < points.length; index += 2) {
    const [first, second] = [points[index]!, points[index + 1]];
    half.push(second === undefined ? first : joined(first, second));
  }
  return half;
}

/** The later one, with the memory of the greater. */
function joined(earlier: UsagePoint, later: UsagePoint): UsagePoint {
  const [elapsed, cpu, memory, disk] = later;
  return [elapsed, cpu, greater(earlier[2], memory), disk ?? earlier[3]];
}

function coresBetween(before: LatestUsage | null, after: Sample): number | null {
  if (before === null || before.cpuSeconds === null || after.cpuSeconds === null) {
    return null;
  }
  const cores = (after.cpuSeconds - before.cpuSeconds) / (after.elapsedSeconds - before.elapsedSeconds);
  return Math.max(0, Math.round(cores * 100) / 100);
}

function greater(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
