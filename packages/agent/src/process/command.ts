import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  constants as fileConstants,
  ftruncateSync,
  linkSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { RunUsage } from '@quarry/contract';
import { COMMAND_ARGUMENT_BYTES, OUTPUT_DRAIN_MS } from '../limits.ts';
import { RunFailure, signalName } from '../runs/failure.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';
import { BASH } from './environment.ts';
import type { Launchers } from './launcher.ts';
import type { Started } from './leftovers.ts';
import { MemorySampler } from './memory.ts';
import { closeWriteEnd, type OutputPipe, type OutputPipes, openMeter } from './pipes.ts';
import { endOnStop, type Signalled } from './terminate.ts';
import { type Measured, metered, readMeter } from './usage.ts';

export interface CommandOptions {
  command: string;
  environment: Record<string, string>;
  workDirectory: string;
  /** Where a command that is too long for an argument is written; the command can read it there. */
  scriptPath: string;
  /** The program and arguments that put a command into the sandbox, null without one. */
  sandbox: ((visiblePaths: string[]) => [string, ...string[]]) | null;
  pipes: OutputPipes;
  launchers: Launchers;
  stop: StopSwitch;
  graceMs: number;
  onOutput: (chunk: Buffer) => void;
  /** Gives the standard output a pipe of its own, and is called with what comes through it; onOutput is so too. */
  onStandardOutput?: (chunk: Buffer) => void;
  /** Called when the command has been started, for what can be done meanwhile. */
  onStarted: () => void;
  /** Called when the command is over, before its output is waited for: ends what it left running. */
  endLeftovers: (command: Started) => void;
}

export interface CommandEnd {
  /** As a shell says it: 128 and the signal's number when a signal ended it. */
  exitCode: number;
  /** What such an exit code stands for; a shell does not tell it from a command that chose the same number. */
  signal: string | null;
  usage: RunUsage;
}

/** Runs one command to its end, output included; throws a RunFailure when it cannot be started. */
export async function runCommand(options: CommandOptions): Promise<CommandEnd> {
  const { pipes, endLeftovers, workDirectory } = options;
  const opened = await openPipes(options);
  let clean = false;
  try {
    const closed = readAll(opened, options);
    const startedAt = performance.now();
    const started = await start(options, opened);
    const { pid } = started;
    const pidName = join(workDirectory, '.rescalepid');
    const dispose = endOnStop(started, {
      stop: options.stop,
      sandboxed: options.sandbox !== null,
      graceMs: options.graceMs,
    });
    try {
      showPid(pid, opened[0].pidFile, pidName);
      const memory = new MemorySampler(pid, started.ownLevels, started.leastBytes);
      options.onStarted();
      const { measured, ...end } = await started.ended.finally(() => memory.stop());
      const wallSeconds = Math.round(performance.now() - startedAt) / 1000;
      if (options.sandbox === null) {
        killGroup(pid);
      }
      endLeftovers({ pid, startedAt });
      clean = await within(OUTPUT_DRAIN_MS, closed);
      return { ...end, usage: { wallSeconds, ...measured, peakMemoryBytes: memory.stop() } };
    } finally {
      dispose();
      rmSync(pidName, { force: true });
    }
  } finally {
    for (const each of opened) {
      pipes.giveBack(each, clean);
    }
  }
}

/** One for the log, and a second one when the standard output is wanted for itself. */
async function openPipes({
  pipes,
  onStandardOutput,
}: CommandOptions): Promise<[OutputPipe, ...OutputPipe[]]> {
  try {
    return onStandardOutput === undefined ? [await pipes.open()] : [await pipes.open(), await pipes.open()];
  } catch (error) {
    throw notStarted(error as Error);
  }
}

function readAll(opened: OutputPipe[], { onOutput, onStandardOutput }: CommandOptions): Promise<unknown> {
  return Promise.all(
    opened.map(({ reader }, index) => {
      reader.on('data', onOutput);
      if (index > 0) {
        reader.on('data', onStandardOutput!);
      }
      reader.on('error', () => undefined);
      return new Promise<void>((resolve) => reader.once('close', () => resolve()));
    }),
  );
}

interface StartedCommand extends Signalled {
  ended: Promise<Omit<CommandEnd, 'usage'> & { measured: Measured }>;
  /** Generations of processes between the one that was started and the command: see MemorySampler. */
  ownLevels: number;
  /** Memory that the command had when it began. */
  leastBytes: number;
}

async function start(
  options: CommandOptions,
  opened: [OutputPipe, ...OutputPipe[]],
): Promise<StartedCommand> {
  try {
    return (await launch(options, opened)) ?? (await startMetered(options, opened));
  } catch (error) {
    throw notStarted(error as Error);
  } finally {
    opened.forEach(closeWriteEnd);
  }
}

/** By a shell that starts many, if there is one. */
async function launch(
  { sandbox, launchers, command, environment, workDirectory }: CommandOptions,
  opened: [OutputPipe, ...OutputPipe[]],
): Promise<StartedCommand | null> {
  const launched =
    sandbox === null
      ? await launchers.start({
          ...{ command, environment, workDirectory },
          ...{ stdout: opened.at(-1)!.path, stderr: opened[0].path },
        })
      : null;
  if (launched === null) {
    return null;
  }
  const started: StartedCommand = {
    ...{ pid: launched.pid, isOver: false, ownLevels: 0, leastBytes: launched.leastBytes },
    ended: launched.ended.then(({ exitCode, measured }) => {
      started.isOver = true;
      return { exitCode, signal: signalName(exitCode), measured };
    }),
  };
  return started;
}

const SANDBOX_LEVELS = 2;
const METER_LEVELS = 1;

/** By Node, with a meter around it. */
async function startMetered(
  options: CommandOptions,
  opened: [OutputPipe, ...OutputPipe[]],
): Promise<StartedCommand> {
  const { sandbox, environment, workDirectory } = options;
  const meter = openMeter(opened[0]);
  try {
    const shell = shellArguments(options);
    const inner = metered([BASH, ...shell.args], environment);
    const [program, ...args] = sandbox === null ? inner : [...sandbox(shell.files), ...inner];
    const child = spawn(program!, args, {
      cwd: sandbox === null ? workDirectory : '/',
      env: environment,
      // Detached: a process group of its own, whose number is the child's.
      detached: true,
      stdio: ['ignore', opened.at(-1)!.writeFd, opened[0].writeFd, meter],
    });
    const exited = exitOf(child);
    if (child.pid === undefined) {
      // Why is told by an event.
      await exited;
    }
    const started: StartedCommand = {
      ...{
        pid: child.pid!,
        isOver: false,
        ownLevels: METER_LEVELS + (sandbox === null ? 0 : SANDBOX_LEVELS),
        leastBytes: 0,
      },
      ended: exited.then((end) => {
        started.isOver = true;
        return { ...end, measured: readMeter(meter) };
      }),
    };
    return started;
  } catch (error) {
    closeSync(meter);
    throw error;
  }
}

/** `$0` is `bash` and there are no arguments, however long the command is. */
function shellArguments({ command, scriptPath }: CommandOptions): { args: string[]; files: string[] } {
  if (Buffer.byteLength(command) <= COMMAND_ARGUMENT_BYTES) {
    return { args: ['-c', command, 'bash'], files: [] };
  }
  writeFileSync(scriptPath, command, { mode: 0o644 });
  return { args: ['-c', `. '${scriptPath.replaceAll("'", "'\\''")}'`, 'bash'], files: [scriptPath] };
}

/** What the command left in the background; in the sandbox it is gone with the command. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}

function exitOf(child: ChildProcess): Promise<Omit<CommandEnd, 'usage'>> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const exitCode = signal === null ? code! : 128 + constants.signals[signal];
      resolve({ exitCode, signal: signal ?? signalName(exitCode) });
    });
  });
}

/**
 * `.rescalepid` exists while a command runs. It is a second name of a file that is kept: making and deleting a
 * file per run lets ext4 search ever longer for a free inode, which showed as half of the time of a short run.
 */
function showPid(pid: number, kept: string, name: string): void {
  try {
    overwrite(kept, `${pid}\n`);
    linkSync(kept, name);
  } catch {
    // The command may have removed its directory, or brought a file of that name: it is a courtesy only.
  }
}

/** Not emptied first: when an emptied file is closed ext4 waits for the disk, in case it took another one's place. */
function overwrite(path: string, text: string): void {
  const file = openSync(path, fileConstants.O_WRONLY | fileConstants.O_CREAT, 0o666);
  try {
    writeSync(file, text, 0);
    ftruncateSync(file, text.length);
  } finally {
    closeSync(file);
  }
}

function within(ms: number, done: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    done.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function notStarted(error: Error): RunFailure {
  return new RunFailure(
    'command_not_started',
    `The command could not be started: ${error.message}.`,
    'Look at the command and its environment for characters or sizes that the system refuses, and at the host for its limits of processes and memory.',
    { cause: error },
  );
}
