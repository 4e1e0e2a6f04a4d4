import { describe, expect, test } from 'vitest';
import { LoadSums } from './load.ts';
import type { UsagePoint } from './usage-series.ts';

const window = { fromMs: 0, toMs: 60_000, periodMs: 20_000 };
const loadOf = (
  series: { begunAtMs: number; points: UsagePoint[] }[],
  change: Partial<typeof window> = {},
) => {
  const sums = new LoadSums({ ...window, ...change });
  for (const each of series) {
    sums.add(each);
  }
  return sums.result();
};

describe('the load of runs together', () => {
  test('is the average over each stretch, wherever the points of the runs lie', () => {
    const two = {
      begunAtMs: 10_000,
      points: [[10, 20, 100, 8] as UsagePoint, [30, 60, 200, 8] as UsagePoint],
    };
    expect(loadOf([two])).toEqual([
      { endMs: 20_000, seconds: 20, runs: 1, cpuCores: 1, memoryBytes: 50, diskBytes: 4 },
      { endMs: 40_000, seconds: 20, runs: 1, cpuCores: 2, memoryBytes: 200, diskBytes: 8 },
    ]);
    expect(
      loadOf([two, two]).map(({ runs, cpuCores, memoryBytes }) => [runs, cpuCores, memoryBytes]),
    ).toEqual([
      [2, 2, 100],
      [2, 4, 400],
    ]);
  });

  test('has as much CPU time in all as the runs have used within the window', () => {
    const points = Array.from(
      { length: 50 },
      (_, index): UsagePoint => [(index + 1) * 1.3, (index + 1) ** 1.2, 5, null],
    );
    const loads = loadOf([{ begunAtMs: 0, points }], { toMs: 70_000, periodMs: 7000 });
    const used = loads.reduce((sum, { cpuCores, seconds }) => sum + cpuCores! * seconds, 0);
    expect(used).toBeCloseTo(50 ** 1.2, 0);
  });

  test('leaves out what lies outside the window, and stretches in which nothing was under way', () => {
    const series = [
      { begunAtMs: -50_000, points: [[40, 40, 7, 7] as UsagePoint] },
      { begunAtMs: 45_000, points: [[100, 100, 7, 7] as UsagePoint] },
    ];
    expect(loadOf(series)).toEqual([
      { endMs: 60_000, seconds: 20, runs: 1, cpuCores: 0.75, memoryBytes: 5, diskBytes: 5 },
    ]);
    expect(loadOf(series, { toMs: 50_000 })).toMatchObject([{ endMs: 50_000, seconds: 10, cpuCores: 0.5 }]);
  });

  test('ends with the newest sample: what is used after it is not known yet', () => {
    const steady = { begunAtMs: 0, points: [[20, 20, 100, 8] as UsagePoint, [25, 25, 100, 8] as UsagePoint] };
    expect(loadOf([steady], { toMs: 34_000 }).at(-1)).toEqual({
      endMs: 25_000,
      seconds: 5,
      runs: 1,
      cpuCores: 1,
      memoryBytes: 100,
      diskBytes: 8,
    });
  });

  test('is unknown where nobody told', () => {
    expect(loadOf([{ begunAtMs: 0, points: [[20, null, null, null]] }])).toEqual([
      { endMs: 20_000, seconds: 20, runs: 1, cpuCores: null, memoryBytes: null, diskBytes: null },
    ]);
  });
});
