import type { UsageSample } from '@quarry/contract';
import { toInstant } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { findAttempts, findUsage, writeUsage } from '../../db/queries/run-usage.ts';
import { fromRunId } from './attempts.ts';
import { type LatestUsage, type UsagePoint, type UsageSeries, withSample } from './usage-series.ts';

/** Adds samples of an agent to the series of the runs of its job; those of other attempts than the current ones are too late. */
export async function recordUsage(
  queries: Queries,
  { jobId, resolutionSeconds }: { jobId: string; resolutionSeconds: number },
  samples: readonly UsageSample[],
): Promise<void> {
  const byRun = Map.groupBy(samples, ({ runId }) => runId);
  const runs = [...byRun].flatMap(([runId, of]) => {
    const named = fromRunId(runId);
    return named === null ? [] : [{ ...named, of }];
  });
  const numbers = runs.map(({ number }) => number);
  const attempts = await findAttempts(queries, jobId, numbers);
  const known = new Map((await findUsage(queries, jobId, numbers)).map((row) => [row.number, row]));
  for (const { number, attempt, of } of runs) {
    if (attempts.get(number) !== attempt) {
      continue;
    }
    const row = known.get(number);
    let series: UsageSeries | null =
      row?.attempt === attempt
        ? {
            resolutionSeconds: row.resolution_seconds,
            points: JSON.parse(row.points) as UsagePoint[],
            latest: JSON.parse(row.latest) as LatestUsage,
          }
        : null;
    for (const sample of of) {
      series = withSample(series, sample, resolutionSeconds);
    }
    const [first] = of;
    await writeUsage(queries, {
      job_id: jobId,
      number,
      attempt,
      begun_at: row?.attempt === attempt ? row.begun_at : begunAt(first!),
      resolution_seconds: series!.resolutionSeconds,
      points: JSON.stringify(series!.points),
      latest: JSON.stringify(series!.latest),
    });
  }
}

function begunAt({ at, elapsedSeconds }: UsageSample) {
  return toInstant(new Date(Date.parse(at) - elapsedSeconds * 1000).toISOString());
}
