/**
 * One of the places of a cluster in which a run executes its commands, with the shell that starts them, the sandbox around
 * it, and the directories that are seen inside. Only one run is in a slot at a time, and nothing of it stays for the next.
 *
 * On the host the home of a run lies in the directory of its slot while commands may still change it, and is moved
 * to the run's own directory when its processes are gone: no later run of the slot can reach it there.
 */
import { chownSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SANDBOX_MS, START_PAUSES_MS, START_RETRY_MS } from '../limits.ts';
import { CLUSTER_MARKER } from '../process/environment.ts';
import type { LeftoverScanner } from '../process/leftovers.ts';
import { childrenOf, isAlive } from '../process/process-tree.ts';
import {
  inOwnNamespace,
  inSandbox,
  killUntilGone,
  onTheHost,
  type RunProcesses,
} from '../process/run-processes.ts';
import { type Measured, UNKNOWN } from '../process/usage.ts';
import { report } from '../report.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { Isolation } from '../sandbox/kind.ts';
import { findCovered, type HiddenPlaces, mountsInScratch } from '../sandbox/mounts.ts';
import { clearDirectory, moveAway } from './clear-directory.ts';
import { type Launch, toJobText } from './job-text.ts';
import { LaunchingShell, NotStarted, ShellLost } from './launching-shell.ts';
import { SlotPipes } from './pipes.ts';
import { programsInside, shellProgram } from './shell-program.ts';

/** What all slots of a cluster have in common. */
export interface SlotSite {
  clusterId: string;
  /** The cluster's directory. */
  directory: string;
  isolation: Isolation;
  identity: Identity;
  hidden: HiddenPlaces;
  network: 'host' | 'none';
  /** Texts that stand in the place of files of the host, inside. */
  replaced: readonly { path: string; by: string }[];
  limits: Launch['limits'];
  leftovers: LeftoverScanner;
}

/** What the sandbox of a slot shows of its run. */
export interface SlotView {
  /** Where the directories of runs appear: the one that holds the run's own. */
  runsPath: string;
  /** Software in hidden places. */
  visiblePaths: readonly string[];
}

export interface SlotCommand extends Omit<Launch, 'limits'> {
  runId: string;
  view: SlotView;
  /** Ends the waiting for room to start. */
  stop: StopSwitch;
}

export interface StartedCommand {
  /** The command's first process, as it would name itself. */
  pid: number;
  /** The process on the host from which all descend, and how many generations of it are ours. */
  root: { pid: number; ownLevels: number };
  processes: RunProcesses;
  /** Resolves when it has ended and, with a sandbox, everything that it started has. */
  ended: Promise<{ exitCode: number; measured: Measured }>;
}

/** As a shell says it of SIGKILL. */
export const KILLED = 137;
/** Generations between the launching shell, itself one, and the command. */
const OWN_LEVELS: Record<Isolation, number> = { run: 3, sandbox: 1, none: 1 };

interface OpenShell {
  shell: LaunchingShell;
  view: SlotView;
  /** The first process of the sandbox, and the shell itself, as the host counts; the same without a sandbox. */
  first: number;
  pid: number;
}

export class CommandSlot {
  readonly number: number;
  readonly isolation: Isolation;
  /** Holds, on the host, what the run may change; null without a sandbox, where runs stay in their own directories. */
  readonly directory: string | null;
  readonly pipes: SlotPipes;
  readonly #site: SlotSite;
  readonly #scratch: string;
  readonly #discarded: string;
  #open: Promise<OpenShell> | null = null;
  #discards = 0;
  #keptInScratch: string[] = [];
  /** The run has removed something that the sandbox stands on: there must be another one. */
  #isSpoilt = false;

  constructor(number: number, site: SlotSite) {
    const { directory, identity, isolation } = site;
    this.number = number;
    this.isolation = isolation;
    this.#site = site;
    this.directory = isolation === 'none' ? null : join(directory, 'slots', String(number));
    this.#scratch = join(directory, 'slots', `${number}.tmp`);
    this.#discarded = join(directory, 'discarded', String(number));
    this.pipes = new SlotPipes(join(directory, 'pipes', String(number)), identity);
    if (this.directory !== null) {
      for (const path of [this.directory, this.#scratch, this.#discarded]) {
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path, { recursive: true });
      }
      chownSync(this.#scratch, identity.uid, identity.gid);
    }
  }

  /** Brings the shell up before it is needed; rejects in words when it cannot be had. */
  async prepare(view: SlotView): Promise<void> {
    await this.#shellFor(view);
  }

  /** Starts a command. Where there is no room for a process it waits for some; rejects with the words when that takes too long. */
  async start(command: SlotCommand): Promise<StartedCommand> {
    const text = toJobText({ ...command, limits: this.#site.limits });
    if (text === null) {
      throw new NotStarted('it, or its environment, has a NUL in it');
    }
    const giveUpAt = performance.now() + START_RETRY_MS;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#startOnce(text, command);
      } catch (error) {
        const isOver = performance.now() > giveUpAt || command.stop.reason !== null;
        if (isOver || !isWorthRetrying(error, command)) {
          throw error;
        }
        if (attempt === 0) {
          report(
            `A command of run ${command.runId} could not be started and is tried again: ${(error as Error).message}`,
          );
        }
      }
      await sleep(START_PAUSES_MS[Math.min(attempt, START_PAUSES_MS.length - 1)]!);
    }
  }

  /** Makes the slot what it was before the run: nothing of its scratch files, and nothing else that it left, is seen by the next. */
  clear(): void {
    if (this.directory === null) {
      return;
    }
    const discard = (path: Buffer) => {
      this.#discards += 1;
      const aside = join(this.#discarded, String(this.#discards));
      moveAway(path, aside);
      void rm(aside, { recursive: true, force: true }).catch((error) =>
        report(`${aside} stays: ${error.message}`),
      );
    };
    clearDirectory(this.directory, [], discard);
    if (!clearDirectory(this.#scratch, this.#keptInScratch, discard)) {
      this.#isSpoilt = true;
    }
  }

  /** Ends the shell and all that it started, and resolves when they are gone. */
  async close(): Promise<void> {
    await this.#end();
    this.pipes.close();
  }

  async #startOnce(text: Buffer, { view, runId }: SlotCommand): Promise<StartedCommand> {
    if (this.isolation === 'sandbox') {
      await this.#end();
    }
    const open = await this.#shellFor(view);
    const { shell, pid: shellPid, first } = open;
    const startedAt = performance.now();
    const { pid, ended } = await shell.start(text);
    const processes =
      this.isolation === 'run'
        ? inOwnNamespace(shellPid)
        : this.isolation === 'sandbox'
          ? inSandbox(first, shellPid)
          : onTheHost(shellPid, { group: pid, runId, startedAt, leftovers: this.#site.leftovers });
    return {
      pid,
      root: { pid: shellPid, ownLevels: OWN_LEVELS[this.isolation] },
      processes,
      ended: ended.catch(() => ({ exitCode: KILLED, measured: UNKNOWN })),
    };
  }

  /** The shell with its sandbox, anew when the one that is there shows something else or has gone. */
  async #shellFor(view: SlotView): Promise<OpenShell> {
    const open = await this.#open?.catch(() => null);
    if (open?.shell.isAlive && shows(open.view, view) && !this.#isSpoilt) {
      return open;
    }
    await this.#end();
    this.#open = this.#openShell(view);
    return this.#open;
  }

  async #openShell(view: SlotView): Promise<OpenShell> {
    const { isolation, identity, hidden, network, replaced, clusterId } = this.#site;
    const environment = {
      [CLUSTER_MARKER]: clusterId,
      QUARRY_HOLD: this.pipes.hold,
      PATH: '/usr/bin:/bin:/usr/local/bin',
    };
    const mounts = {
      ...{ slotDirectory: this.directory!, runsPath: view.runsPath },
      visiblePaths: [...view.visiblePaths, ...findCovered(hidden, programsInside())],
      ...{ scratch: this.#scratch, pipes: this.pipes.directory, replaced },
    };
    if (this.directory !== null) {
      this.#keptInScratch = mountsInScratch(hidden, mounts);
      this.#isSpoilt = false;
    }
    const { program, close } = await shellProgram(
      isolation,
      environment,
      this.directory === null ? null : { identity, hidden, network, mounts },
    );
    let shell: LaunchingShell;
    try {
      shell = new LaunchingShell(program);
    } finally {
      close();
    }
    try {
      await within(SANDBOX_MS, shell.ready);
      const [first, pid] = placesOf(shell.pid!, isolation);
      return { shell, view, first, pid };
    } catch (error) {
      await endProcess(shell);
      throw error;
    }
  }

  async #end(): Promise<void> {
    const open = await this.#open?.catch(() => null);
    this.#open = null;
    if (!open) {
      return;
    }
    await killUntilGone(() => [open.first, open.pid].filter(isAlive));
    await endProcess(open.shell);
  }
}

/** A sandbox dies with the process that was started for it. */
async function endProcess(shell: LaunchingShell): Promise<void> {
  const { pid } = shell;
  shell.close();
  if (pid !== undefined) {
    const all = () => [pid, ...childrenOf(pid)].filter(isAlive);
    await killUntilGone(all);
    await shell.exited;
  }
}

/** bubblewrap starts the first process of its namespace, and that one the shell. */
function placesOf(started: number, isolation: Isolation): [first: number, shell: number] {
  if (isolation === 'none') {
    return [started, started];
  }
  const first = childrenOf(started)[0];
  const shell = first === undefined ? undefined : childrenOf(first)[0];
  if (first === undefined || shell === undefined) {
    throw new ShellLost('the sandbox has ended');
  }
  return [first, shell];
}

function shows(shown: SlotView, wanted: SlotView): boolean {
  return (
    shown.runsPath === wanted.runsPath &&
    wanted.visiblePaths.every((path) => shown.visiblePaths.includes(path))
  );
}

/** A command whose directory is gone, or a sandbox that was never to be had, is not waited for. */
function isWorthRetrying(error: unknown, { workDirectory }: SlotCommand): boolean {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EAGAIN' || code === 'ENOMEM' || error instanceof ShellLost) {
    return true;
  }
  return error instanceof NotStarted && isDirectory(workDirectory);
}

function isDirectory(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

async function within<Value>(ms: number, value: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ShellLost(`it did not come up within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
