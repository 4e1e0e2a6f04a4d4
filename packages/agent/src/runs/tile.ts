/** One tile of a run: its templates, the script before its command, the command, and the script after it. */
import { dirname, join } from 'node:path';
import type { RunInput, RunScript, RunTile } from '@quarry/contract';
import { rawOf } from '../files/raw-name.ts';
import { buildEnvironment } from '../process/environment.ts';
import { gpuVariables } from '../slots/gpus.ts';
import { type CommandEnd, type CommandOptions, runCommand } from '../slots/run-command.ts';
import type { Commanding, Execution } from './execution.ts';
import { commandFailed, RunFailure } from './failure.ts';
import { makeRoom } from './make-room.ts';
import type { RunAside } from './modules.ts';
import { placeInput } from './place-input.ts';
import { STEPS, type Step } from './record.ts';
import { addUsage } from './usage.ts';
import { toLinuxLines, windowsTextHint } from './windows-text.ts';

/**
 * Executes a tile, of one that is resumed the steps that are left; false when the run ends with it, then `progress` says
 * why unless the run was stopped.
 */
export async function executeTile(
  index: number,
  tile: RunTile,
  execution: Commanding,
  firstStep: Step,
): Promise<boolean> {
  const { host, run, stop, record, progress } = execution;
  const isLeft = (step: Step) => STEPS.indexOf(step) >= STEPS.indexOf(firstStep);
  const noteEnd = (step: Step) => record.ended({ tile: index, step }, progress);
  if (tile.templates.length > 0 && isLeft('templates')) {
    await renderAll(tile, execution);
  }
  if (stop.reason !== null) {
    return false;
  }
  const context: TileContext = {
    number: index + 1,
    tile,
    environment: await environmentOf(tile, execution),
    execution,
  };
  if (tile.preProcess !== null && isLeft('pre')) {
    if (!(await runScript(tile.preProcess, 'pre', context))) {
      return false;
    }
    noteEnd('pre');
  }
  if (isLeft('command')) {
    const { exitCode, signal } = await runTileCommand(context);
    host.emit({ type: 'tile_exited', runId: run.runId, tile: index, exitCode, signal });
    if (exitCode !== 0 || progress.failure !== null || stop.reason !== null) {
      return false;
    }
    noteEnd('command');
  }
  if (tile.postProcess !== null) {
    if (!(await runScript(tile.postProcess, 'post', context))) {
      return false;
    }
    noteEnd('post');
  }
  return true;
}

function runTileCommand(context: TileContext): Promise<CommandEnd> {
  const { number, tile } = context;
  return runStep(
    { name: `The command of tile ${number}`, code: 'command_failed', step: 'command' },
    context,
    {
      command: tile.command,
      scriptName: `command-${number}.sh`,
    },
  );
}

interface TileContext {
  /** From 1, as people count. */
  number: number;
  tile: RunTile;
  environment: Record<string, string>;
  execution: Commanding;
}

async function renderAll(tile: RunTile, execution: Execution): Promise<void> {
  const { renderTemplate } = await import('./render.ts');
  for (const task of tile.templates) {
    if (execution.stop.reason !== null) {
      return;
    }
    await renderTemplate(task, execution);
  }
}

async function environmentOf(tile: RunTile, execution: Execution): Promise<Record<string, string>> {
  const { run, host, slot, paths } = execution;
  const environment = buildEnvironment({
    clusterId: host.cluster.clusterId,
    runId: run.runId,
    user: host.identity.name,
    home: paths.home,
    workDirectory: paths.workDirectory,
    gpuVariables: gpuVariables(slot.gpus, { seesOthers: slot.isolation === 'none' }),
    tile,
    parameters: run.variables,
  });
  if (tile.modules.length === 0) {
    return environment;
  }
  const { loadModules } = await import('./modules.ts');
  const runAside: RunAside = (command, rest) =>
    runCommand({
      ...inSlot(tile, execution),
      command,
      environment,
      script: scriptNamed('modules.sh', execution),
      ...rest,
    });
  return loadModules(tile.modules, runAside, execution.stop);
}

async function runScript(script: RunScript, when: 'pre' | 'post', context: TileContext): Promise<boolean> {
  const { execution, number } = context;
  const { progress, inputs, stop } = execution;
  const name = `The ${when}-process script of tile ${number}`;
  if (script.file !== null) {
    await placeScript(script.file, name, execution);
  }
  if (stop.reason !== null) {
    return false;
  }
  const what = { command: commandOf(script), scriptName: `${when}-process-${number}.sh` };
  const step = { name, code: `${when}_process_failed`, step: when };
  if (when === 'pre') {
    const { exitCode } = await runStep(step, context, what);
    return exitCode === 0 && progress.failure === null && stop.reason === null;
  }
  const { OutputVariableReader } = await import('./output-variables.ts');
  const reader = new OutputVariableReader(name, progress.variables, new Set(inputs.keys()));
  const end = await runStep(step, context, { ...what, onStandardOutput: (chunk) => reader.write(chunk) });
  progress.failure ??= reader.end();
  return end.exitCode === 0 && progress.failure === null && stop.reason === null;
}

/** A script that was given without a command is the command. */
function commandOf({ file, command }: RunScript): string {
  return command.trim() === '' && file !== null ? `'./${file.name.replaceAll("'", "'\\''")}'` : command;
}

async function placeScript(file: RunInput, subject: string, execution: Execution): Promise<void> {
  const { run, host, paths, snapshot, stop } = execution;
  const namesake = run.inputs.find(({ name }) => name === file.name);
  if (namesake !== undefined && namesake.sha512 !== file.sha512) {
    throw new RunFailure(
      'input_conflict',
      `${subject} and an input are both named ${file.name}; both would be the same file in the work directory.`,
      'Give one of them another name.',
    );
  }
  if (file.name.includes('/')) {
    throw new RunFailure(
      'input_unsafe',
      `${subject} has the name ${JSON.stringify(file.name)}, which is no plain file name.`,
      'Rename the file, without slashes, and submit again.',
    );
  }
  using room = makeRoom({
    work: paths.work,
    name: file.name,
    own: snapshot.own,
    subject: `${subject} cannot be placed: the name`,
    code: 'input_unsafe',
  });
  await placeInput(file, { ...room, source: host.source, snapshot, stop });
}

interface StepCommand {
  command: string;
  /** For a command that is too long for an argument. */
  scriptName: string;
  onStandardOutput?: (chunk: Buffer) => void;
}

/** Runs one command with its lines in the log around it; a failure is noted in `progress`. */
async function runStep(
  step: { name: string; code: string; step: Step },
  { number, tile, environment, execution }: TileContext,
  { command: given, scriptName, onStandardOutput }: StepCommand,
): Promise<CommandEnd> {
  const command = toLinuxLines(given);
  const { host, stop, paths, log, progress, sampling, record, snapshot } = execution;
  const { workDirectory } = paths;
  record.staged(snapshot.takeNews());
  record.began({ tile: number - 1, step: step.step });
  log.line(`Launching ${command}, Working dir: ${workDirectory}.  Process output follows:`);
  const end = await runCommand({
    ...inSlot(tile, execution),
    command,
    environment,
    stop,
    onStandardOutput,
    script: scriptNamed(scriptName, execution),
    onOutput: (chunk) => log.output(chunk),
    onStarted: (root) => {
      progress.hasStarted = true;
      sampling.commandStarted(root);
      host.hasher.prepare();
    },
  });
  log.line(`Exited with code ${end.exitCode}`);
  log.line('');
  progress.exitCode = end.exitCode;
  progress.usage = addUsage(progress.usage, end.usage);
  sampling.commandEnded(end.usage);
  if (end.failure !== null) {
    progress.failure = end.failure;
    log.line(`${end.failure.message} ${end.failure.hint}`);
  } else if (end.exitCode !== 0) {
    const lastLines = log.lastLines();
    progress.failure = commandFailed(step, end, {
      lastLines,
      cause: windowsTextHint(command, paths.work, lastLines),
    });
  }
  return end;
}

function inSlot(
  tile: RunTile,
  { run, host, slot, paths }: Execution,
): Pick<CommandOptions, 'slot' | 'view' | 'runId' | 'work' | 'graceMs'> {
  return {
    slot,
    view: { runsPath: dirname(run.directory), visiblePaths: tile.visiblePaths },
    runId: run.runId,
    work: paths.work,
    graceMs: host.cluster.limits.stopGraceSeconds * 1000,
  };
}

function scriptNamed(name: string, { run, paths }: Execution): CommandOptions['script'] {
  return { ...paths.scripts, name: rawOf(name), seenAs: join(run.directory, name) };
}
