import type { Failure, Run } from '@quarry/contract';
import type { RestartedRun } from '../../db/queries/restored.ts';
import type { StoredDefinition } from '../../jobs/definition/stored.ts';
import type { StoredRun } from '../../jobs/runs/attempts.ts';
import { notResumable } from '../../jobs/runs/lost-runs.ts';

/** What the runs of a job have in common. */
export interface OfJob {
  /** Those of the inputs of runs, in their order. */
  names: readonly string[];
  restart: StoredDefinition['restart'];
}

/** A run as the API shows it; `restarted` is what it alone goes on from. */
export function runToWire(row: StoredRun, { names, restart }: OfJob, restarted?: RestartedRun): Run {
  const inputs = (JSON.parse(row.inputs) as string[]).map((text, index) => ({
    name: names[index] ?? '',
    value: numberOrNull(text),
    displayValue: text,
    isRelative: false,
  }));
  const outputs = (JSON.parse(row.results) as Array<[name: string, value: number]>).map(([name, value]) => ({
    name,
    value,
    displayValue: String(value),
    isRelative: false,
  }));
  return {
    id: String(row.number),
    displayOrder: row.number,
    type: row.type,
    parent: row.parent === null ? null : String(row.parent),
    dateStarted: row.date_started,
    dateCompleted: row.date_completed,
    isOptimal: row.is_optimal === 1,
    outputFileCount: row.output_count,
    outputFileSize: row.output_bytes,
    variables: [...inputs, ...outputs],
    outcome: row.outcome as Run['outcome'],
    failure: failureOf(row),
    exitCode: row.exit_code,
    attempt: row.attempt,
    previousAttempts: JSON.parse(row.attempts),
    usage: row.usage === null ? null : JSON.parse(row.usage),
    skippedCount: row.skipped_count,
    skipped: JSON.parse(row.skipped),
    collecting: row.outcome !== null || row.collecting === null ? null : JSON.parse(row.collecting),
    isUnfinished: row.is_unfinished === 1,
    isResumed: row.is_resumed === 1,
    restartedFrom: restartedFromOf(restart, restarted),
    keptDirectory:
      row.directory === null
        ? null
        : {
            sizeBytes: row.directory_bytes,
            dateExpires: row.outcome === null ? null : row.directory_expires_at,
          },
  };
}

function restartedFromOf(
  restart: OfJob['restart'],
  restarted: RestartedRun | undefined,
): Run['restartedFrom'] {
  if (restart === null || restart.runs === undefined) {
    return restart === null || restart.from.from === 'fresh' ? null : restart.from;
  }
  const { jobId } = restart.from;
  return restarted
    ? { jobId, runId: String(restarted.number), from: restarted.source, snapshotId: restarted.snapshotId }
    : null;
}

function failureOf({ failure, directory }: StoredRun): Failure | null {
  if (failure === null) {
    return null;
  }
  const stored = JSON.parse(failure) as Failure;
  return directory === null ? notResumable(stored) : stored;
}

/** The number that a text stands for; texts are values, too, and stay texts. */
function numberOrNull(text: string): number | null {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
