import type { Run } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findRestartedRuns } from '../../db/queries/restored.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import type { StoredRun } from '../../jobs/runs/attempts.ts';
import { inputNames } from '../../sweeps/variables.ts';
import { type OfJob, runToWire } from './to-wire.ts';

export function ofJob({ definition }: Pick<JobWithOwner, 'definition'>): OfJob {
  const stored = readDefinition(definition);
  return { names: inputNames(stored), restart: stored.restart };
}

/** Runs of one job as the API shows them, each with what it alone goes on from. */
export async function runsToWire(
  read: Queries,
  jobId: string,
  { rows, shown }: { rows: readonly StoredRun[]; shown: OfJob },
): Promise<Run[]> {
  const numbers = rows.map(({ number }) => number);
  const restarted = shown.restart?.runs === undefined ? null : await findRestartedRuns(read, jobId, numbers);
  return rows.map((row) => runToWire(row, shown, restarted?.get(row.number)));
}
