/** The story of one run, from its directory to its outputs. */
import { basename } from 'node:path';
import type {
  Failure,
  RunAssignment,
  RunOutcome,
  RunOutput,
  RunUsage,
  SkippedOutput,
} from '@quarry/contract';
import { type Collected, collectOutputs } from '../outputs/collect.ts';
import { endCollection } from '../outputs/end-collection.ts';
import { outputLimitsOf } from '../outputs/output-limits.ts';
import { Snapshot } from '../outputs/snapshot.ts';
import { RunLog } from '../process/log.ts';
import { report } from '../report.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import type { Execution, Progress, RunHost } from './execution.ts';
import { logLost, RunFailure, toFailure } from './failure.ts';
import type { OutputVariable } from './output-variables.ts';
import { bringHome, makePlaces, own, showLogInWork } from './places.ts';
import { stageInputs } from './stage.ts';
import type { StopSwitch } from './stop-switch.ts';
import { executeTile } from './tile.ts';

export interface RunEnd {
  outcome: RunOutcome;
  exitCode: number | null;
  failure: Failure | null;
  outputs: RunOutput[];
  skipped: SkippedOutput[];
  skippedCount: number;
  variables: OutputVariable[];
  usage: RunUsage | null;
}

/** How a run ended, without what it left. */
type Verdict = Pick<RunEnd, 'outcome' | 'exitCode' | 'failure'>;

/**
 * Executes a run and says how it ended; everything that goes wrong on the way is part of that, it never rejects.
 * `onCommandsEnded` is called once its last command is over and the slot is as it was, before its outputs are hashed and
 * flushed.
 */
export async function executeRun(
  run: RunAssignment,
  host: RunHost,
  slot: CommandSlot,
  stop: StopSwitch,
  onCommandsEnded: () => void,
): Promise<RunEnd> {
  const progress: Progress = { exitCode: null, failure: null, variables: [], usage: null };
  try {
    const { cluster, identity, hasher, machineFiles } = host;
    const places = await makePlaces(run.directory, { slot, identity, machineFiles });
    const log = new RunLog(places.log, cluster.limits.logBytes, ({ message }) =>
      stop.request({ outcome: 'failed', force: false, failure: logLost(message) }),
    );
    const snapshot = new Snapshot((path) => own(path, identity));
    try {
      await stageAndRun({
        ...{ run, host, slot, stop, places, log, snapshot, progress },
        inputs: new Map(run.variables),
      });
    } catch (error) {
      // Staging that was broken off by a stop ends with an error that says nothing new.
      if (stop.reason === null) {
        progress.failure = toFailure(error);
        reportUnforeseen(progress.failure, error);
        log.line(`${progress.failure.message} ${progress.failure.hint}`);
      }
    }
    const ended = endOf(progress, stop);
    using end = endCollection(stop, cluster.limits.stopGraceSeconds * 1000);
    const isWhole = bringHome(places, slot);
    slot.clear();
    onCommandsEnded();
    log.close();
    machineFiles.takeBack(places.home);
    const collected = await collectOutputs({
      directory: places.directory,
      copiesName: basename(places.copies),
      snapshot,
      hasher,
      limits: outputLimitsOf(cluster.limits),
      signal: end.signal,
      onProgress: (progress) => host.emit({ type: 'run_collecting', runId: run.runId, progress }),
    });
    return {
      ...withLost(withCut(ended, collected), collected.lost),
      outputs: collected.outputs,
      skipped: isWhole ? collected.skipped : [...collected.skipped, WORK_REPLACED],
      skippedCount: collected.skippedCount + (isWhole ? 0 : 1),
      variables: progress.variables,
      usage: progress.usage,
    };
  } catch (error) {
    const failure = toFailure(error);
    reportUnforeseen(failure, error);
    return {
      outcome: 'failed',
      exitCode: progress.exitCode,
      failure,
      outputs: [],
      skipped: [],
      skippedCount: 0,
      variables: progress.variables,
      usage: progress.usage,
    };
  }
}

const WORK_REPLACED = { relativePath: '', reason: 'something else was put where the work directory was' };

async function stageAndRun(execution: Execution): Promise<void> {
  const { run, host, stop, places, log, snapshot } = execution;
  if (host.sandboxMissing !== null) {
    throw new RunFailure(
      'sandbox_unavailable',
      `This platform runs commands only in a sandbox, and there is none: ${host.sandboxMissing}`,
      'The keeper of the platform has to install or permit bubblewrap, or to allow runs without a sandbox.',
    );
  }
  const { cluster, emit } = host;
  const { workDirectory } = places;
  const note = (text: string) => log.line(text);
  await stageInputs(run.inputs, {
    workDirectory,
    token: cluster.token,
    limits: cluster.limits,
    snapshot,
    stop,
    note,
  });
  if (stop.reason !== null) {
    return;
  }
  if (showLogInWork(places)) {
    note('The input process_output.log makes room: the name belongs to the log of the run.');
  }
  emit({ type: 'run_started', runId: run.runId, workDirectory });
  host.walltime.started(run.walltimeSeconds);
  if (run.dryRun) {
    const { renderOnly } = await import('./dry-run.ts');
    await renderOnly(execution);
    return;
  }
  for (const [index, tile] of run.tiles.entries()) {
    if (stop.reason !== null || !(await executeTile(index, tile, execution))) {
      return;
    }
  }
}

function endOf(progress: Progress, stop: StopSwitch): Verdict {
  const { exitCode, failure } = progress;
  if (stop.reason !== null) {
    return { outcome: stop.reason.outcome, exitCode, failure: stop.reason.failure };
  }
  return { outcome: failure === null ? 'success' : 'failed', exitCode, failure };
}

/** A run that would have succeeded has been stopped when its outputs were not collected to the end. */
function withCut(end: Verdict, { isCutShort }: Collected): Verdict {
  if (!isCutShort || end.outcome !== 'success') {
    return end;
  }
  const failure = {
    code: 'stopped_by_user',
    message: 'The run was stopped on request while its outputs were being collected.',
    hint: 'What had been collected until then is among its outputs; skipped of the run names the rest.',
  };
  return { ...end, outcome: 'stopped', failure };
}

/**
 * A run that would have succeeded but whose output is lost has failed, and one that was stopped for its log has lost
 * more than that; any other end keeps its own reason.
 */
function withLost<End extends Verdict>(end: End, lost: Failure | null): End {
  const givesWay = end.outcome === 'success' || end.failure?.code === 'log_lost';
  return lost === null || !givesWay ? end : { ...end, outcome: 'failed', failure: lost };
}

function reportUnforeseen(failure: Failure, error: unknown): void {
  if (failure.code === 'agent_error') {
    report(`${(error as Error).stack}`);
  }
}
