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
import { withFullDevices } from '../devices/full-devices.ts';
import { Opened } from '../files/door.ts';
import { collectOutputs } from '../outputs/collect.ts';
import { endCollection } from '../outputs/end-collection.ts';
import { outputLimitsOf } from '../outputs/output-limits.ts';
import { Snapshot } from '../outputs/snapshot.ts';
import { RunLog } from '../process/log.ts';
import { report } from '../report.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import type { Execution, Progress, RunHost } from './execution.ts';
import { devicesMissing, logLost, RunFailure, toFailure, withCut, withLost } from './failure.ts';
import { bringHome, recoverHome } from './homes.ts';
import type { OutputVariable } from './output-variables.ts';
import { RunRecord, START } from './record.ts';
import { type ReopenedRun, reopenRun, takeUp } from './resume.ts';
import {
  makeDirectories,
  openWork,
  own,
  pathsOf,
  type RunPaths,
  showLogInWork,
  WORK_REPLACED,
} from './run-paths.ts';
import { stageInputs } from './stage.ts';
import type { StopSwitch } from './stop-switch.ts';
import { executeTile } from './tile.ts';
import type { Verdict } from './verdict.ts';

export interface RunEnd {
  outcome: RunOutcome;
  exitCode: number | null;
  failure: Failure | null;
  outputs: RunOutput[];
  skipped: SkippedOutput[];
  skippedCount: number;
  variables: OutputVariable[];
  usage: RunUsage | null;
  /** What it left is in its directory, whole: it could not be collected, or was to be gone on with and was not. */
  unfinished: boolean;
  /** Outputs are there that could be kept nowhere else. */
  holdsOutputs: boolean;
}

/**
 * Executes a run and says how it ended; everything that goes wrong on the way is part of that, it never rejects. Null: the
 * agent ends before the run, which is left as it is. `onCommandsEnded` is called once its last command is over and the slot
 * is as it was, before its outputs are hashed and flushed.
 */
export async function executeRun(
  run: RunAssignment,
  host: RunHost,
  slot: CommandSlot,
  stop: StopSwitch,
  onCommandsEnded: () => void,
): Promise<RunEnd | null> {
  const progress: Progress = { hasStarted: false, exitCode: null, failure: null, variables: [], usage: null };
  try {
    const { cluster, identity, hasher, machineFiles, deviceLinks } = host;
    const means = { slot, identity, machineFiles, deviceLinks };
    const resumed = run.resume ? await reopenRun(run, means, (paths) => tellStart(run, host, paths)) : null;
    const paths = resumed?.paths ?? (await makeDirectories(run.directory, means));
    const log = new RunLog(paths.log, cluster.limits.logBytes, ({ message }) =>
      stop.request({ outcome: 'failed', force: false, failure: logLost(message) }),
    );
    using record = new RunRecord(paths.directory);
    const snapshot = resumed?.snapshot ?? new Snapshot((fd) => own(fd, identity));
    try {
      await stageAndRun(
        {
          run,
          host,
          slot,
          stop,
          paths,
          log,
          snapshot,
          progress,
          record,
          inputs: new Map(run.variables),
        },
        resumed,
      );
    } catch (error) {
      // Staging that was broken off by a stop ends with an error that says nothing new.
      if (stop.reason === null) {
        progress.failure = toFailure(error);
        reportUnforeseen(progress.failure, error);
        log.line(`${progress.failure.message} ${progress.failure.hint}`);
      }
    }
    const ended =
      resumed?.verdict && stop.reason === null
        ? resumed.verdict
        : withFullDevices(endOf(progress, stop), cluster.storageDevices ?? []);
    if (stop.reason?.leavesRun) {
      // Of one whose commands were over the record says so already.
      if (!resumed?.verdict) {
        record.cut(ended);
      }
      log.close();
      bringHome(paths, slot);
      slot.clear();
      return null;
    }
    const isUntouched =
      resumed !== null &&
      !progress.hasStarted &&
      (resumed.verdict ? stop.reason !== null : ended.outcome !== 'success');
    if (!isUntouched && !resumed?.verdict) {
      record.verdict(ended);
    }
    using end = endCollection(stop, cluster.limits.stopGraceSeconds * 1000);
    const isWhole = bringHome(paths, slot);
    slot.clear();
    onCommandsEnded();
    log.close();
    machineFiles.takeBack(paths.home);
    if (isUntouched) {
      return { ...ended, ...NOTHING_LEFT, unfinished: true };
    }
    const collected = await collectOutputs({
      directory: paths.directory,
      copiesName: basename(paths.copies),
      snapshot,
      hasher,
      limits: outputLimitsOf(cluster.limits),
      signal: end.signal,
      onProgress: (progress) => host.emit({ type: 'run_collecting', runId: run.runId, progress }),
      onMovedAside: (path, name) => record.movedAside(path, name),
    });
    return {
      ...withLost(withCut(ended, collected.isCutShort, 'collected'), collected.lost),
      outputs: collected.outputs,
      skipped: isWhole ? collected.skipped : [...collected.skipped, WORK_REPLACED],
      skippedCount: collected.skippedCount + (isWhole ? 0 : 1),
      variables: progress.variables,
      usage: progress.usage,
      unfinished: false,
      holdsOutputs: collected.lost !== null,
    };
  } catch (error) {
    const failure = toFailure(error);
    reportUnforeseen(failure, error);
    const { exitCode, variables, usage, hasStarted } = progress;
    // What there is of it was not collected, or was there before: it must not go with the slot.
    const unfinished = hasStarted || run.resume === true;
    if (unfinished) {
      recoverHome(pathsOf(run.directory), host.cluster.directory);
    }
    const end = { outcome: 'failed' as const, exitCode, failure, ...NOTHING_LEFT, variables, usage };
    return { ...end, unfinished };
  }
}

const NOTHING_LEFT = {
  ...{ outputs: [], skipped: [], skippedCount: 0, variables: [], usage: null },
  holdsOutputs: false,
};

function tellStart({ runId }: RunAssignment, host: RunHost, { workDirectory }: RunPaths): void {
  host.emit({ type: 'run_started', runId, workDirectory });
}

async function stageAndRun(execution: Execution, resumed: ReopenedRun | null): Promise<void> {
  const { run, host, stop, paths } = execution;
  if (host.sandboxMissing !== null && !resumed?.verdict) {
    throw new RunFailure(
      'sandbox_unavailable',
      `This platform runs commands only in a sandbox, and there is none: ${host.sandboxMissing}`,
      'The keeper of the platform has to install or permit bubblewrap, or to allow runs without a sandbox.',
    );
  }
  if (host.missingDevices.length > 0 && !resumed?.verdict) {
    throw devicesMissing(host.missingDevices);
  }
  if (resumed === null) {
    await stage(execution);
  } else {
    await takeUp(resumed, execution);
  }
  if (stop.reason !== null) {
    return;
  }
  if (resumed === null || resumed.verdict !== null) {
    tellStart(run, host, paths);
  }
  if (resumed?.verdict) {
    return;
  }
  host.walltime.started(run.walltimeSeconds);
  if (run.dryRun) {
    const { renderOnly } = await import('./dry-run.ts');
    await renderOnly(execution);
    return;
  }
  using sampling = host.usage.begin(run.runId, () => openWork(paths.work));
  const first = resumed?.next ?? START;
  for (const [index, tile] of run.tiles.entries()) {
    if (index < first.tile) {
      continue;
    }
    const step = index === first.tile ? first.step : START.step;
    if (stop.reason !== null || !(await executeTile(index, tile, { ...execution, sampling }, step))) {
      return;
    }
  }
}

async function stage({ run, host, stop, paths, log, snapshot }: Execution): Promise<void> {
  const { limits } = host.cluster;
  const note = (text: string) => log.line(text);
  using work = new Opened(openWork(paths.work));
  const options = {
    work: work.fd,
    restored: { files: run.restored ?? [], directory: paths.directory },
    source: host.source,
    limits,
    snapshot,
    stop,
    note,
  };
  await stageInputs(run.inputs, options);
  if (run.deviceInputs?.length) {
    const { copyDeviceInputs } = await import('../devices/copy-inputs.ts');
    await copyDeviceInputs(run.deviceInputs, {
      ...options,
      devices: host.cluster.storageDevices ?? [],
      taken: run.inputs.map(({ name }) => name),
    });
  }
  if (stop.reason === null && showLogInWork(paths.log, work.fd)) {
    note('The input process_output.log makes room: the name belongs to the log of the run.');
  }
}

function endOf(progress: Progress, stop: StopSwitch): Verdict {
  const { exitCode, failure } = progress;
  if (stop.reason !== null) {
    return { outcome: stop.reason.outcome, exitCode, failure: stop.reason.failure };
  }
  return { outcome: failure === null ? 'success' : 'failed', exitCode, failure };
}

function reportUnforeseen(failure: Failure, error: unknown): void {
  if (failure.code === 'agent_error') {
    report(`${(error as Error).stack}`);
  }
}
