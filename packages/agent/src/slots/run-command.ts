/** One command in a slot, from its start to the end of all that it has started. */
import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  openSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Failure, RunUsage } from '@quarry/contract';
import { entryAt, lookAt, openBelow } from '../files/door.ts';
import { type RawName, rawOf } from '../files/raw-name.ts';
import { COMMAND_ARGUMENT_BYTES, OUTPUT_DRAIN_MS } from '../limits.ts';
import { RunFailure, signalName } from '../runs/failure.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';
import { PID_NAME, type WorkDirectory } from '../runs/work-names.ts';
import type { CommandSlot, SlotView, StartedCommand } from './command-slot.ts';
import { MemoryGuard } from './memory-guard.ts';
import { closeWriteEnd, type OutputPipe } from './pipes.ts';
import { stopOnRequest } from './stop-command.ts';

export interface CommandOptions {
  slot: CommandSlot;
  view: SlotView;
  runId: string;
  command: string;
  environment: Record<string, string>;
  work: WorkDirectory;
  /** Where a command that is too long for an argument is written, as we reach it and as the command sees it. */
  script: ScriptPath;
  stop: StopSwitch;
  graceMs: number;
  onOutput: (chunk: Buffer) => void;
  /** Gives the standard output a pipe of its own, and is called with what comes through it; onOutput is so too. */
  onStandardOutput?: (chunk: Buffer) => void;
  /** Called when the command has been started, for what can be done meanwhile, with where its processes begin. */
  onStarted?: (root: StartedCommand['root']) => void;
}

export interface ScriptPath {
  /** Nobody but us can change a name in it. */
  root: string;
  /** The names from there to the directory of the script. */
  names: readonly RawName[];
  name: RawName;
  seenAs: string;
}

export interface CommandEnd {
  /** As a shell says it: 128 and the signal's number when a signal ended it. */
  exitCode: number;
  /** What such an exit code stands for; a shell does not tell it from a command that chose the same number. */
  signal: string | null;
  usage: RunUsage;
  /** Why all of it was ended, whatever the exit code says: it had no memory left. */
  failure: Failure | null;
}

/**
 * Runs one command to its end. When this resolves, nothing that it started is left, as far as its isolation lets that be
 * known, and all its output has been handed over. Throws a RunFailure when it cannot be started.
 */
export async function runCommand(options: CommandOptions): Promise<CommandEnd> {
  const { slot, stop, graceMs, work } = options;
  const opened = await openPipes(options);
  using _shown = showPid(slot, work);
  let clean = false;
  try {
    const closed = readAll(opened, options);
    const memory = new MemoryGuard(slot.memory);
    const startedAt = performance.now();
    const started = await start(options, opened);
    const stopping = stopOnRequest(
      {
        processes: started.processes,
        holdBack: () => slot.pipes.holdBack(),
        release: () => slot.pipes.release(),
      },
      { stop, graceMs },
    );
    try {
      memory.watch(started.root, () => void started.processes.end());
      overwritePid(slot, started.pid);
      options.onStarted?.(started.root);
      const { exitCode, measured } = await started.ended;
      const wallSeconds = Math.round(performance.now() - startedAt) / 1000;
      const failure = memory.exited(exitCode, { wasStopped: stop.reason !== null });
      await stopping.settled();
      const peakMemoryBytes = memory.stop();
      await started.processes.end();
      clean = await allRead(slot, closed);
      return {
        exitCode,
        signal: signalName(exitCode),
        usage: { wallSeconds, ...measured, peakMemoryBytes },
        failure,
      };
    } finally {
      memory.stop();
      stopping.dispose();
      slot.pipes.forgetRelease();
    }
  } finally {
    for (const each of opened) {
      slot.pipes.giveBack(each, clean);
    }
  }
}

/** One for the log, and a second one when the standard output is wanted for itself. */
async function openPipes({ slot, onStandardOutput }: CommandOptions): Promise<[OutputPipe, ...OutputPipe[]]> {
  try {
    const log = await slot.pipes.open();
    return onStandardOutput === undefined ? [log] : [log, await slot.pipes.open()];
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

/** With a sandbox nobody is left who could hold the pipes open; on the host somebody may, and is not waited for. */
async function allRead({ isolation }: CommandSlot, closed: Promise<unknown>): Promise<boolean> {
  if (isolation !== 'none') {
    await closed;
    return true;
  }
  return within(OUTPUT_DRAIN_MS, closed);
}

async function start(
  options: CommandOptions,
  opened: [OutputPipe, ...OutputPipe[]],
): Promise<StartedCommand> {
  const { slot, view, runId, environment, work, stop } = options;
  try {
    return await slot.start({
      view,
      runId,
      environment,
      workDirectory: work.path,
      stop,
      command: argumentFor(options),
      stdout: opened.at(-1)!.path,
      stderr: opened[0].path,
    });
  } catch (error) {
    throw notStarted(error as Error);
  } finally {
    opened.forEach(closeWriteEnd);
  }
}

/** `$0` is `bash` and there are no arguments, however long the command is. */
function argumentFor({ command, script }: CommandOptions): string {
  if (Buffer.byteLength(command) <= COMMAND_ARGUMENT_BYTES) {
    return command;
  }
  writeScript(script, command);
  return `. '${script.seenAs.replaceAll("'", "'\\''")}'`;
}

/** An earlier command may have put a link there, which would carry the script away. */
function writeScript({ root, names, name }: ScriptPath, text: string): void {
  const directory = openBelow(root, names);
  try {
    const path = entryAt(directory, name);
    if (lookAt(directory, name) !== undefined) {
      unlinkSync(path);
    }
    writeFileSync(path, text, { mode: 0o644, flag: 'wx' });
  } finally {
    closeSync(directory);
  }
}

/** The number of the first command in a PID namespace, whose first process is ours. */
const FIRST_COMMAND = 2;

/**
 * `.rescalepid` exists while a command runs. It is a second name of a file that is kept: making and deleting a
 * file per run lets ext4 search ever longer for a free inode, which showed as half of the time of a short run. The command
 * may have brought a file of that name, or made its directory read-only: it is a courtesy only, and no output.
 */
function showPid(slot: CommandSlot, { root, names }: WorkDirectory): Disposable {
  overwritePid(slot, slot.isolation === 'run' ? FIRST_COMMAND : 0);
  let directory: number | null = null;
  try {
    directory = openBelow(root, names);
    linkSync(pidFileOf(slot), entryAt(directory, rawOf(PID_NAME)));
  } catch {
    // See above.
  }
  return {
    [Symbol.dispose]() {
      if (directory !== null) {
        hidePid(directory);
        closeSync(directory);
      }
    },
  };
}

function overwritePid(slot: CommandSlot, pid: number): void {
  try {
    overwrite(pidFileOf(slot), `${pid}\n`);
  } catch {
    // A full disk is met by whoever has more to lose.
  }
}

function pidFileOf({ pipes }: CommandSlot): string {
  return join(pipes.directory, 'pid');
}

function hidePid(directory: number): void {
  try {
    unlinkSync(entryAt(directory, rawOf(PID_NAME)));
  } catch {
    // See above.
  }
}

/** Not emptied first: when an emptied file is closed ext4 waits for the disk, in case it took another one's place. */
function overwrite(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o666);
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
