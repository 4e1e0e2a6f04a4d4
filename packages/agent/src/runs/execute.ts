/** The story of one run, from its directory to its outputs. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ClusterFile,
  Failure,
  RunAssignment,
  RunOutcome,
  RunOutput,
  RunTile,
  RunUsage,
} from '@quarry/contract';
import type { NewEvent } from '../exchange/journal.ts';
import { collectOutputs } from '../outputs/collect.ts';
import type { Hasher } from '../outputs/hasher.ts';
import { Snapshot } from '../outputs/snapshot.ts';
import { type CommandEnd, runCommand } from '../process/command.ts';
import { buildEnvironment } from '../process/environment.ts';
import type { LeftoverScanner } from '../process/leftovers.ts';
import { RunLog } from '../process/log.ts';
import type { OutputPipes } from '../process/pipes.ts';
import { report } from '../report.ts';
import { bubblewrapArguments, type HiddenPlaces } from '../sandbox/arguments.ts';
import { commandFailed, outputLost, RunFailure, toFailure } from './failure.ts';
import { makePlaces, type RunPlaces, showLogInWork } from './places.ts';
import { stageInputs } from './stage.ts';
import { type StopSwitch, walltimeExceeded } from './stop-switch.ts';
import { startTimer } from './timer.ts';

/** What all runs of the cluster share. */
export interface RunHost {
  cluster: ClusterFile;
  /** Null: commands run without a sandbox. */
  hiddenPlaces: HiddenPlaces | null;
  /** Why there is no sandbox although the cluster requires one. */
  sandboxMissing: string | null;
  pipes: OutputPipes;
  leftovers: LeftoverScanner;
  hasher: Hasher;
  emit: (event: NewEvent) => void;
}

export interface RunEnd {
  outcome: RunOutcome;
  exitCode: number | null;
  failure: Failure | null;
  outputs: RunOutput[];
  skipped: { relativePath: string; reason: string }[];
  variables: { name: string; value: number }[];
  usage: RunUsage | null;
}

/** How a run ended, without what it left. */
type Verdict = Pick<RunEnd, 'outcome' | 'exitCode' | 'failure'>;

interface Progress {
  exitCode: number | null;
  failure: Failure | null;
}

/** Executes a run and says how it ended; everything that goes wrong on the way is part of that, it never rejects. */
export async function executeRun(run: RunAssignment, host: RunHost, stop: StopSwitch): Promise<RunEnd> {
  const progress: Progress = { exitCode: null, failure: null };
  try {
    const { cluster, hiddenPlaces, hasher } = host;
    const places = makePlaces(run.directory, {
      cores: cluster.coresPerSlot,
      sandboxed: hiddenPlaces !== null,
    });
    const log = new RunLog(places.log, cluster.limits.logBytes);
    const snapshot = new Snapshot();
    try {
      await stageAndRun({ run, host, stop, places, log, snapshot, progress });
    } catch (error) {
      // Staging that was broken off by a stop ends with an error that says nothing new.
      if (stop.reason === null) {
        progress.failure = toFailure(error);
        reportUnforeseen(progress.failure, error);
        log.line(`${progress.failure.message} ${progress.failure.hint}`);
      }
    }
    const ended = endOf(progress, stop);
    log.close();
    rmSync(places.scratch, { recursive: true, force: true });
    const collected = await collectOutputs({
      workDirectory: places.workDirectory,
      logPath: places.log,
      copiesDirectory: places.copies,
      snapshot,
      hasher,
      limit: cluster.limits.outputFiles,
    });
    const lost = log.lost === null ? collected.lost : outputLost(log.lost.message);
    return {
      ...withLost(ended, lost),
      outputs: collected.outputs,
      skipped: collected.skipped,
      variables: [],
      usage: null,
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
      variables: [],
      usage: null,
    };
  }
}

interface Execution {
  run: RunAssignment;
  host: RunHost;
  stop: StopSwitch;
  places: RunPlaces;
  log: RunLog;
  snapshot: Snapshot;
  progress: Progress;
}

async function stageAndRun(execution: Execution): Promise<void> {
  const { run, host, stop, places, log, snapshot, progress } = execution;
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
  const walltime = startTimer(run.walltimeSeconds * 1000, () =>
    stop.request(walltimeExceeded(run.walltimeSeconds)),
  );
  try {
    for (const [index, tile] of run.tiles.entries()) {
      const end = await runTile(index, tile, execution);
      progress.exitCode = end.exitCode;
      emit({
        type: 'tile_exited',
        runId: run.runId,
        tile: index,
        exitCode: end.exitCode,
        signal: end.signal,
      });
      if (end.exitCode !== 0) {
        progress.failure = commandFailed(index, end, log.lastLines());
      }
      if (end.exitCode !== 0 || stop.reason !== null) {
        return;
      }
    }
  } finally {
    walltime.clear();
  }
}

async function runTile(index: number, tile: RunTile, execution: Execution): Promise<CommandEnd> {
  const { run, host, stop, places, log } = execution;
  const { cluster, hiddenPlaces } = host;
  const { home, workDirectory, scratch } = places;
  let environment = buildEnvironment({
    clusterId: cluster.clusterId,
    runId: run.runId,
    home,
    workDirectory,
    tile,
  });
  if (tile.modules.length > 0) {
    const { loadModules } = await import('../process/modules.ts');
    environment = await loadModules(tile.modules, environment);
  }
  log.line(`Launching ${tile.command}, Working dir: ${workDirectory}.  Process output follows:`);
  const end = await runCommand({
    command: tile.command,
    environment,
    workDirectory,
    scriptPath: join(run.directory, `command-${index + 1}.sh`),
    sandbox:
      hiddenPlaces === null
        ? null
        : (files) => [
            'bwrap',
            ...bubblewrapArguments(hiddenPlaces, {
              ...{ home, scratch, workDirectory, visiblePaths: [...tile.visiblePaths, ...files] },
            }),
          ],
    pipes: host.pipes,
    stop,
    graceMs: cluster.limits.stopGraceSeconds * 1000,
    onOutput: (chunk) => log.output(chunk),
    onStarted: () => host.hasher.prepare(),
    endLeftovers: () => hiddenPlaces === null && host.leftovers.killRun(run.runId),
  });
  log.line(`Exited with code ${end.exitCode}`);
  log.line('');
  return end;
}

function endOf(progress: Progress, stop: StopSwitch): Verdict {
  const { exitCode, failure } = progress;
  if (stop.reason !== null) {
    return { outcome: stop.reason.outcome, exitCode, failure: stop.reason.failure };
  }
  return { outcome: failure === null ? 'success' : 'failed', exitCode, failure };
}

/** A run that would have succeeded but whose output is lost has failed; any other end keeps its own reason. */
function withLost<End extends Verdict>(end: End, lost: Failure | null): End {
  return lost === null || end.outcome !== 'success' ? end : { ...end, outcome: 'failed', failure: lost };
}

function reportUnforeseen(failure: Failure, error: unknown): void {
  if (failure.code === 'agent_error') {
    report(`${(error as Error).stack}`);
  }
}
