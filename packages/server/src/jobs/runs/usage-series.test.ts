import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../limits.ts';
import { type UsageSeries, withSample } from './usage-series.ts';

const at = '2026-01-05T09:00:00.000Z';
const sample = (elapsedSeconds: number, change: object = {}) => ({
  ...{ at, elapsedSeconds, cpuSeconds: elapsedSeconds * 2, memoryBytes: 100, diskBytes: 7 },
  ...change,
});

function seriesOf(samples: ReturnType<typeof sample>[], resolutionSeconds = 10): UsageSeries {
  let series: UsageSeries | null = null;
  for (const each of samples) {
    series = withSample(series, each, resolutionSeconds);
  }
  return series!;
}
const every = (seconds: number, count: number) =>
  Array.from({ length: count }, (_, index) => sample((index + 1) * seconds));

describe('the series of a run', () => {
  test('has a point for each sample while they are few, and knows the cores between the last two', () => {
    const series = seriesOf([sample(10.02), sample(20.03, { cpuSeconds: 35.05 }), sample(30.01)]);
    expect(series.points.map(([elapsed]) => elapsed)).toEqual([10.02, 20.03, 30.01]);
    expect(series.latest).toMatchObject({ elapsedSeconds: 30.01, cpuCores: 2.5, peakMemoryBytes: 100 });
    expect(seriesOf([sample(10)]).latest.cpuCores).toBeNull();
  });

  test('never has more points than the limit, covers all of a run of weeks, and keeps its highest memory', () => {
    const weeks = every(10, 200_000);
    weeks[77_777]!.memoryBytes = 5000;
    const series = seriesOf(weeks);
    expect(series.points.length).toBeLessThanOrEqual(LIMITS.usagePointsPerRun);
    expect(series.points.length).toBeGreaterThan(LIMITS.usagePointsPerRun / 2 - 2);
    expect(series.points.at(-1)![0]).toBe(2_000_000);
    expect(Math.max(...series.points.map(([, , memory]) => memory!))).toBe(5000);
    const times = series.points.map(([elapsed]) => elapsed);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const [index, time] of times.slice(1, -1).entries()) {
      expect(time - times[index]!).toBeGreaterThanOrEqual(series.resolutionSeconds * 0.75);
    }
    expect(series.latest.peakMemoryBytes).toBe(5000);
  });

  test('is not changed by samples that come again or late', () => {
    const once = seriesOf(every(10, 400));
    const again = [...every(10, 400), ...every(10, 400)];
    expect(seriesOf(again)).toEqual(once);
  });

  test('gathers what comes oftener than its resolution, and takes what comes more rarely as it is', () => {
    expect(seriesOf(every(1, 100)).points.length).toBeLessThan(15);
    expect(seriesOf(every(60, 20)).points.length).toBe(20);
  });

  test('has holes where the host does not tell', () => {
    const series = seriesOf([
      sample(10, { cpuSeconds: null, memoryBytes: null, diskBytes: null }),
      sample(20, { cpuSeconds: null }),
    ]);
    expect(series.points).toEqual([
      [10, null, null, null],
      [20, null, 100, 7],
    ]);
    expect(series.latest).toMatchObject({ cpuCores: null, peakMemoryBytes: 100 });
  });
});
