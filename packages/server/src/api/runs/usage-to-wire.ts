import type { RunUsageNow, RunUsageSeries } from '@quarry/contract';
import { type Instant, toInstant } from '../../clock.ts';
import type { LatestRow } from '../../db/queries/run-usage.ts';
import type { RunUsageRow } from '../../db/tables.ts';
import type { LatestUsage, UsagePoint } from '../../jobs/runs/usage-series.ts';

export function latestUsageToWire(row: LatestRow): RunUsageNow {
  const { at, ...latest } = JSON.parse(row.latest) as LatestUsage;
  return {
    runId: String(row.number),
    attempt: row.attempt,
    isExecuting: row.outcome === null && row.attempt === row.current_attempt,
    date: toInstant(at),
    ...latest,
  };
}

export function usageSeriesToWire(
  runId: string,
  row: RunUsageRow | { attempt: number; points: null },
): RunUsageSeries {
  const { attempt } = row;
  if (row.points === null) {
    return { runId, attempt, dateStarted: null, resolutionSeconds: null, points: [] };
  }
  return {
    runId,
    attempt,
    dateStarted: row.begun_at,
    resolutionSeconds: row.resolution_seconds,
    points: (JSON.parse(row.points) as UsagePoint[]).map(
      ([elapsedSeconds, cpuSeconds, memoryBytes, diskBytes]) => ({
        date: dateAfter(row.begun_at, elapsedSeconds),
        elapsedSeconds,
        cpuSeconds,
        memoryBytes,
        diskBytes,
      }),
    ),
  };
}

function dateAfter(begunAt: Instant, elapsedSeconds: number): Instant {
  return toInstant(new Date(Date.parse(begunAt) + elapsedSeconds * 1000).toISOString());
}
