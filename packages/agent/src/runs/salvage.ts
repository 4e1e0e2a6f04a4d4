/**
 * Ends the runs that a dead agent has left, with what they had written until then. A run whose commands were all over
 * ends as it would have ended; any other was cut off, and of what it left copies are handed over, so that its directory
 * stays as it is and the run can be resumed there. Each run is judged by what lies on the disk alone: done again after
 * having been broken off, it comes to the same.
 */
import { basename } from 'node:path';
import type { ClusterFile, Failure } from '@quarry/contract';
import type { NewEvent } from '../exchange/journal.ts';
import { directorySize } from '../files/directory-size.ts';
import { COPY_SPARE_BYTES } from '../limits.ts';
import { type Collected, collectOutputs } from '../outputs/collect.ts';
import { CopyRoom } from '../outputs/copy-room.ts';
import type { Hasher } from '../outputs/hasher.ts';
import { outputLimitsOf } from '../outputs/output-limits.ts';
import { Snapshot } from '../outputs/snapshot.ts';
import { report } from '../report.ts';
import { clearCopies } from './aside.ts';
import { withLost } from './failure.ts';
import { recoverHome } from './homes.ts';
import type { LeftRun } from './left-runs.ts';
import { emptyRecord, type RecordedRun, RunRecord, readRecord } from './record.ts';
import { pathsOf, WORK_REPLACED } from './run-paths.ts';
import type { Verdict } from './verdict.ts';

export interface SalvageOptions {
  cluster: ClusterFile;
  hasher: Hasher;
  /** Takes the end of each, with the directory of the run. */
  finish: (event: RunFinished, directory: string) => void;
  /** Ids of runs that get another attempt: nothing of these is collected. */
  again: ReadonlySet<string>;
  /** Whether they get it as well where their agent was told to end. */
  againWhenTold: boolean;
  /** When it is aborted, what is not collected by then stays in the directories. */
  signal: AbortSignal;
}

type RunFinished = Extract<NewEvent, { type: 'run_finished' }>;

const AGENT_LOST: Failure = {
  code: 'agent_lost',
  message: 'The agent that executed the run died before the run had ended.',
  hint: 'The host may have run out of memory or been restarted. What the run had written until then is among its outputs; resume it, or execute it again.',
};

const NOT_COLLECTED: Failure = {
  code: 'stopped_by_user',
  message:
    'The commands of the run were over; it was stopped on request before its outputs had been collected.',
  hint: 'Execute the run again to have them.',
};

/** Finds out the end of each; nothing of theirs may be running any more. */
export async function salvageRuns(left: readonly LeftRun[], options: SalvageOptions): Promise<void> {
  const room = new CopyRoom(COPY_SPARE_BYTES);
  for (const run of left) {
    options.finish(await salvageRun(run, room, options), run.directory);
  }
}

async function salvageRun(run: LeftRun, room: CopyRoom, options: SalvageOptions): Promise<RunFinished> {
  const { runId, directory } = run;
  const paths = pathsOf(directory);
  const isWhole = recoverHome(paths, options.cluster.directory);
  // What a salvage that was broken off has copied.
  await clearCopies(paths, readRecord(directory));
  const directoryBytes = await directorySize(directory);
  const record = readRecord(directory) ?? recordAgain(run);
  const { verdict, variables, usage } = record;
  const found = (collected: Collected) => ({
    outputs: collected.outputs,
    skipped: isWhole ? collected.skipped : [...collected.skipped, WORK_REPLACED],
    skippedCount: collected.skippedCount + (isWhole ? 0 : 1),
  });
  if (verdict !== null && !record.isCut && !options.signal.aborted) {
    const collected = await collect(run, record, options, null);
    if (!collected.isCutShort) {
      return {
        type: 'run_finished',
        runId,
        ...withLost(verdict, collected.lost),
        ...found(collected),
        variables,
        usage,
        unfinished: false,
        directoryBytes: null,
        holdsOutputs: collected.lost !== null,
      };
    }
    await clearCopies(paths, readRecord(directory));
  }
  const end = verdict === null ? LOST : record.isCut ? verdict : notCollected(verdict);
  const isTold = end.failure?.code === 'cluster_stopped';
  const isAgain = options.again.has(runId) && (options.againWhenTold || !isTold);
  const collected = isAgain ? NOTHING : await collect(run, record, options, room);
  return {
    type: 'run_finished',
    runId,
    ...end,
    ...found(collected),
    variables,
    usage,
    unfinished: true,
    directoryBytes,
    holdsOutputs: false,
  };
}

const NOTHING: Collected = { outputs: [], skipped: [], skippedCount: 0, lost: null, isCutShort: false };

/** How a run ended whose commands were over and whose outputs the user did not wait for: it is not without them a success. */
function notCollected(verdict: Verdict): Verdict {
  return verdict.outcome === 'success' ? { ...verdict, outcome: 'stopped', failure: NOT_COLLECTED } : verdict;
}

/** Of a run that is not known to have come to an end. */
const LOST: Verdict = { outcome: 'failed', exitCode: null, failure: AGENT_LOST };

/** What the journal tells, for a run whose agent kept no record or whose record did not reach the disk. */
function recordAgain({ directory, lastTile }: LeftRun): RecordedRun {
  try {
    using record = new RunRecord(directory);
    if (lastTile !== null) {
      record.ended({ tile: lastTile, step: 'command' }, { exitCode: 0, variables: [], usage: null });
    }
  } catch (error) {
    report(`The record of a run cannot be written: ${(error as Error).message}`);
  }
  return readRecord(directory) ?? emptyRecord();
}

/** `room` is null for a run that had ended: its files are handed over themselves. */
async function collect(
  { directory }: LeftRun,
  { staged }: RecordedRun,
  { cluster, hasher, signal }: SalvageOptions,
  room: CopyRoom | null,
): Promise<Collected> {
  // Nothing is staged here.
  const snapshot = new Snapshot(() => undefined);
  snapshot.restore(staged);
  try {
    using record = room === null ? new RunRecord(directory) : null;
    return await collectOutputs({
      directory,
      copiesName: basename(pathsOf(directory).copies),
      snapshot,
      hasher,
      limits: outputLimitsOf(cluster.limits),
      signal,
      ...(room !== null && { room }),
      onMovedAside: (path, name) => record?.movedAside(path, name),
    });
  } catch (error) {
    report(`What a run has left cannot be collected: ${(error as Error).stack}`);
    const skipped = [{ relativePath: '', reason: (error as Error).message }];
    return { ...NOTHING, skipped, skippedCount: 1 };
  }
}
