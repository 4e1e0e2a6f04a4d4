/**
 * One of the places of a cluster in which a run executes its commands, with the launcher that starts them, the sandbox around
 * it, and the directories that are seen inside. Only one run is in a slot at a time, and nothing of it stays for the next.
 *
 * On the host the home of a run lies in the directory of its slot while commands may still change it, and is moved
 * to the run's own directory when its processes are gone: no later run of the slot can reach it there.
 */
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SlotGpu, StorageDeviceMount } from '@quarry/contract';
import { hasCode, Opened, openTrusted } from '../files/door.ts';
import type { RawName } from '../files/raw-name.ts';
import { removeTree } from '../files/remove-tree.ts';
import { SANDBOX_MS, START_PAUSES_MS, START_RETRY_MS } from '../limits.ts';
import { CLUSTER_MARKER } from '../process/environment.ts';
import type { LeftoverScanner } from '../process/leftovers.ts';
import { childrenOf, descendantsOf, isAlive } from '../process/process-tree.ts';
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
import type { HiddenPlaces } from '../sandbox/hidden-places.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { Isolation } from '../sandbox/kind.ts';
import { findCovered, mountsInScratch } from '../sandbox/mounts.ts';
import { clearDirectory, moveAway } from './clear-directory.ts';
import {
  type Launch,
  type Launcher,
  LauncherLost,
  type LauncherReady,
  NotStarted,
  type SessionEvents,
  type SessionLaunch,
} from './launcher.ts';
import type { GuardedRoot } from './memory-guard.ts';
import { openLauncher, programsInside } from './open-launcher.ts';
import { SlotPipes } from './pipes.ts';
import { type MemorySite, SlotMemory } from './slot-memory.ts';

/** What all slots of a cluster have in common. */
export interface SlotSite {
  clusterId: string;
  /** The cluster's directory. */
  directory: string;
  isolation: Isolation;
  identity: Identity;
  hidden: HiddenPlaces;
  network: 'host' | 'none';
  /** Storage devices of the job that this host has. */
  storageDevices: readonly StorageDeviceMount[];
  /** Texts that stand in the place of files of the host, inside. */
  replaced: readonly { path: string; by: string }[];
  limits: Launch['limits'];
  /** The GPUs of each slot; null on a host without any. */
  gpus: readonly (readonly SlotGpu[])[] | null;
  /** What a run may have of memory; null for as much as there is. */
  memory: MemorySite | null;
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
  root: GuardedRoot;
  processes: RunProcesses;
  /** Resolves when it has ended and, with a sandbox, everything that it started has. */
  ended: Promise<{ exitCode: number; measured: Measured }>;
}

/** The processes of the run whose command is executed. */
export interface RunningCommand {
  runId: string;
  processes: RunProcesses;
}

/** The command that a slot executes, as whoever has logged in finds it. */
export interface Executing {
  /** Tells it from the one before. */
  number: number;
  workDirectory: string;
  environment: Record<string, string>;
  /** A process that is in its network namespace. */
  networkOf: number;
  /** Its processes and those of the sessions beside it. */
  listProcesses(): number[];
}

/** As a shell says it of SIGKILL. */
const KILLED = 137;
/**
 * Generations from the launcher, itself one, to the shell of the command, which is none of them: it becomes the command where that
 * is a single program, and beside it is what has left its parents in a PID namespace.
 */
const OWN_LEVELS: Record<Isolation, number> = { run: 2, sandbox: 1, none: 1 };

interface OpenLauncher {
  launcher: Launcher;
  ready: LauncherReady;
  view: SlotView;
  /** The first process of the sandbox, and the launcher itself, as the host counts; the same without a sandbox. */
  first: number;
  pid: number;
  /** Resolves when its memory is bounded, as far as it can be. */
  held: Promise<void>;
}

export class CommandSlot {
  readonly number: number;
  readonly isolation: Isolation;
  /** Holds, on the host, what the run may change; null without a sandbox, where runs stay in their own directories. */
  readonly directory: string | null;
  readonly pipes: SlotPipes;
  /** Its GPUs; null on a host without any. */
  readonly gpus: readonly SlotGpu[] | null;
  /** Null where a run may have as much as there is. */
  readonly memory: SlotMemory | null;
  readonly #site: SlotSite;
  readonly #scratch: string;
  readonly #discarded: string;
  #open: Promise<OpenLauncher> | null = null;
  #discards = 0;
  #keptInScratch: string[] = [];
  #isClear = false;
  /** The run has removed something that the sandbox stands on: there must be another one. */
  #isSpoilt = false;
  #running: RunningCommand | null = null;
  #commands = 0;
  #executing: (Executing & { launcher: Launcher }) | null = null;

  constructor(number: number, site: SlotSite) {
    const { directory, identity, isolation } = site;
    this.number = number;
    this.isolation = isolation;
    this.#site = site;
    this.directory = isolation === 'none' ? null : join(directory, 'slots', String(number));
    this.#scratch = join(directory, 'slots', `${number}.tmp`);
    this.#discarded = join(directory, 'discarded', String(number));
    this.pipes = new SlotPipes(join(directory, 'pipes', String(number)), identity);
    this.gpus = site.gpus && (site.gpus[number - 1] ?? []);
    this.memory = site.memory === null ? null : new SlotMemory(site.memory, number);
    if (this.directory !== null) {
      for (const path of [this.directory, this.#scratch, this.#discarded]) {
        mkdirSync(path, { recursive: true });
      }
      chownSync(this.#scratch, identity.uid, identity.gid);
    }
  }

  /** The command that is executed now; null between commands. */
  get running(): RunningCommand | null {
    return this.#running;
  }

  /** Null between commands. */
  get executing(): Executing | null {
    return this.#executing;
  }

  /** As whom commands run. */
  get identity(): Identity {
    return this.#site.identity;
  }

  /**
   * Opens a session, or a connection to a port, beside the command with this number, in its namespaces: the end of the command is the end of the session. Throws when
   * there is a NUL in what is asked for.
   */
  openSession(beside: number, launch: SessionLaunch, events: SessionEvents): void {
    if (this.#executing?.number === beside) {
      this.#executing.launcher.openSession(launch, events);
    } else {
      events.refused('the command has ended');
    }
  }

  /** Brings the launcher up before it is needed, and tells what it can do; rejects in words when it cannot be had. */
  async prepare(view: SlotView): Promise<LauncherReady> {
    return (await this.#launcherFor(view)).ready;
  }

  /** What is put into the slot from now on belongs to a run, and is cleared away after it. */
  occupy(): void {
    this.clear();
    this.#isClear = false;
  }

  /** Starts a command. Where there is no room for a process it waits for some; rejects with the words when that takes too long. */
  async start(command: SlotCommand): Promise<StartedCommand> {
    const giveUpAt = performance.now() + START_RETRY_MS;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#startOnce(command);
      } catch (error) {
        const isOver = performance.now() > giveUpAt || command.stop.reason !== null;
        if (isOver || !isWorthRetrying(error)) {
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
    if (this.directory === null || this.#isClear) {
      return;
    }
    const discard = (directory: number, name: RawName) => {
      this.#discards += 1;
      const aside = join(this.#discarded, String(this.#discards));
      try {
        moveAway(directory, name, aside);
      } catch (error) {
        // Somebody else who was handed the directory has taken it away meanwhile.
        if (hasCode(error, 'ENOENT')) {
          return;
        }
        throw error;
      }
      void removeTree(aside).then(({ left }) => {
        if (left !== null) {
          report(`Not all of ${aside} could be removed: ${left}.`);
        }
      });
    };
    using directory = new Opened(openTrusted(this.directory));
    clearDirectory(directory.fd, [], discard);
    using scratch = new Opened(openTrusted(this.#scratch));
    if (!clearDirectory(scratch.fd, this.#keptInScratch, discard)) {
      this.#isSpoilt = true;
    }
    this.#isClear = true;
  }

  /** Ends the launcher and all that it started, and resolves when they are gone. */
  async close(): Promise<void> {
    await this.#end();
    await this.memory?.close();
    this.pipes.close();
  }

  async #startOnce(command: SlotCommand): Promise<StartedCommand> {
    if (this.isolation === 'sandbox') {
      await this.#end();
    }
    const { launcher, pid: launcherPid, first, held } = await this.#launcherFor(command.view);
    await held;
    const startedAt = performance.now();
    const { pid, ended } = await launcher.start({ ...command, limits: this.#site.limits });
    const { runId, workDirectory, environment } = command;
    this.#commands += 1;
    const processes =
      this.isolation === 'run'
        ? inOwnNamespace(launcherPid)
        : this.isolation === 'sandbox'
          ? inSandbox(first, launcherPid)
          : onTheHost(launcherPid, {
              ...{ group: pid, runId, startedAt, leftovers: this.#site.leftovers },
              inCgroup: () => this.memory?.processesBeside(launcherPid) ?? [],
            });
    const executing = {
      ...{ number: this.#commands, workDirectory, environment, launcher, networkOf: launcherPid },
      listProcesses: () => [...new Set([...processes.list(), ...descendantsOf(launcherPid)])],
    };
    this.#executing = executing;
    const running = { runId, processes };
    this.#running = running;
    const forget = () => {
      if (this.#running === running) {
        this.#running = null;
      }
    };
    ended.then(forget, forget);
    return {
      pid,
      root: {
        pid: launcherPid,
        ownLevels: OWN_LEVELS[this.isolation],
        sharedMemory: this.isolation === 'none' ? null : `/proc/${launcherPid}/root/dev/shm`,
      },
      processes,
      ended: ended
        .catch(() => ({ exitCode: KILLED, measured: UNKNOWN }))
        .finally(() => {
          this.#executing = this.#executing === executing ? null : this.#executing;
        }),
    };
  }

  /** The launcher with its sandbox, anew when the one that is there shows something else or has gone. */
  async #launcherFor(view: SlotView): Promise<OpenLauncher> {
    const open = await this.#open?.catch(() => null);
    if (open?.launcher.isAlive && shows(open.view, view) && !this.#isSpoilt) {
      return open;
    }
    await this.#end();
    this.#open = this.#openLauncher(view);
    return this.#open;
  }

  async #openLauncher(view: SlotView): Promise<OpenLauncher> {
    const { isolation, identity, hidden, network, storageDevices, replaced, clusterId } = this.#site;
    const mounts = {
      slotDirectory: this.directory!,
      runsPath: view.runsPath,
      visiblePaths: [...view.visiblePaths, ...findCovered(hidden, programsInside())],
      scratch: this.#scratch,
      pipes: this.pipes.directory,
      devices: uniqueBy(this.gpus?.flatMap(({ devices }) => devices) ?? [], ({ path }) => path),
      storageDevices,
      replaced,
    };
    if (this.directory !== null) {
      this.#keptInScratch = mountsInScratch(hidden, mounts);
      this.#isSpoilt = false;
    }
    const launcher = await openLauncher(
      isolation,
      { hold: this.pipes.hold, environment: { [CLUSTER_MARKER]: clusterId, PATH: '/usr/bin:/bin' } },
      this.directory === null ? null : { identity, hidden, network, mounts },
    );
    try {
      const ready = await within(SANDBOX_MS, launcher.ready);
      const [first, pid] = placesOf(launcher.pid!, isolation);
      // Linux takes some milliseconds to move a process: whoever starts a command waits for it.
      const held = this.memory?.hold(pid) ?? Promise.resolve();
      return { launcher, ready, view, first, pid, held };
    } catch (error) {
      await endProcess(launcher);
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
    await endProcess(open.launcher);
  }
}

/** A sandbox dies with the process that was started for it. */
async function endProcess(launcher: Launcher): Promise<void> {
  const { pid } = launcher;
  launcher.close();
  if (pid !== undefined) {
    const all = () => [pid, ...childrenOf(pid)].filter(isAlive);
    await killUntilGone(all);
    await launcher.exited;
  }
}

/** bubblewrap starts the first process of its namespace, and that one the launcher, which may go on in a child. */
function placesOf(started: number, isolation: Isolation): [first: number, launcher: number] {
  if (isolation === 'none') {
    return [started, started];
  }
  const first = childrenOf(started)[0];
  const launcher = first === undefined ? undefined : childrenOf(first)[0];
  if (first === undefined || launcher === undefined) {
    throw new LauncherLost('the sandbox has ended');
  }
  return [first, isolation === 'run' ? (childrenOf(launcher)[0] ?? launcher) : launcher];
}

function uniqueBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

function shows(shown: SlotView, wanted: SlotView): boolean {
  return (
    shown.runsPath === wanted.runsPath &&
    wanted.visiblePaths.every((path) => shown.visiblePaths.includes(path))
  );
}

/** Room may come, and another sandbox in the place of one that has gone; a directory that is not there does not. */
function isWorthRetrying(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    code === 'EAGAIN' ||
    code === 'ENOMEM' ||
    error instanceof LauncherLost ||
    (error instanceof NotStarted && error.mayPass)
  );
}

async function within<Value>(ms: number, value: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new LauncherLost(`it did not come up within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
