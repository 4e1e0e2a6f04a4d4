import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { LoadMeasurement } from '@quarry/contract';
import { formatInstant } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { readUsage } from '../../db/queries/run-usage.ts';
import { type Load, LoadSums, type LoadWindow } from '../../jobs/runs/load.ts';
import type { UsagePoint } from '../../jobs/runs/usage-series.ts';

/** What the runs of a job used together in a window, from their series. */
export async function loadOfJob(
  queries: Queries,
  job: Pick<JobWithOwner, 'id' | 'slots' | 'slots_granted' | 'cores_per_slot'>,
  window: LoadWindow,
): Promise<LoadMeasurement[]> {
  const sums = new LoadSums(window);
  for await (const rows of readUsage(queries, job.id)) {
    for (const { begun_at, points } of rows) {
      sums.add({ begunAtMs: Date.parse(begun_at), points: JSON.parse(points) as UsagePoint[] });
    }
    await letOthersRun();
  }
  const cores = (job.slots_granted ?? job.slots) * job.cores_per_slot;
  return sums.result().map((load) => toWire(load, cores));
}

function toWire({ endMs, cpuCores, ...load }: Load, cores: number): LoadMeasurement {
  return {
    date: formatInstant(Math.round(endMs) * 1000),
    ...load,
    cpuCores,
    cpuPercent: cpuCores === null ? null : Math.round((cpuCores / cores) * 1000) / 10,
  };
}
