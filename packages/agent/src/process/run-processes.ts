/**
 * The processes of the run in a slot, and the proof that none is left.
 *
 * With a PID namespace for each run (`run`) or for the sandbox (`sandbox`) the kernel gives it: the first process of a
 * namespace ends only after all others in it, so its end is theirs. It is looked at from the host, whatever anybody inside
 * says. Without a sandbox (`none`) there is no proof but where the slot has a cgroup: elsewhere a process can leave its group and wipe its
 * environment, and is then not found.
 */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { GONE_LOOKS_MS, STARVING_MS } from '../limits.ts';
import { childrenOf, descendantsOf, isAlive, searchDescendants, statOf } from './process-tree.ts';
import { findProgram } from './programs.ts';

export interface RunProcesses {
  /** Those that execute now, without ours. */
  list(): number[];
  /** Whether none executes any more. `list` may miss one whose parent ends while it looks; this does not, and costs more. */
  isEmpty(): boolean;
  /**
   * Kills all of them and resolves when they are gone, however long that takes. Whoever asks meanwhile waits for the same: nothing
   * goes on killing when one of them has seen the end, since the next run may have begun by then.
   */
  end(): Promise<void>;
}

/** Finds what a run has left on the host. */
export interface Leftovers {
  find(runId: string): number[];
  killRun(runId: string, first: { pid: number; startedAt: number }): number;
}

/** In a PID namespace of the run, whose first process the launcher has started. */
export function inOwnNamespace(launcher: number): RunProcesses {
  const first = childrenOf(launcher)
    .map((pid) => ({ pid, startTicks: statOf(pid)?.startTicks }))
    .filter(({ startTicks }) => startTicks !== undefined);
  return {
    list: () => first.flatMap(({ pid }) => descendantsOf(pid)).filter(isAlive),
    isEmpty: () => first.every(({ pid }) => searchDescendants(pid)?.length === 0),
    end: oneAtATime(() =>
      killUntilGone(() => [
        ...first
          .filter(({ pid, startTicks }) => isAlive(pid) && statOf(pid)?.startTicks === startTicks)
          .map(({ pid }) => pid),
        // One that came after the look above, when the run was just being started.
        ...childrenOf(launcher).filter(isAlive),
      ]),
    ),
  };
}

/** In the PID namespace of a sandbox that has been made for this run, `first` being its first process and `launcher` ours. */
export function inSandbox(first: number, launcher: number): RunProcesses {
  return {
    list: () => descendantsOf(first).filter((pid) => pid !== launcher && isAlive(pid)),
    isEmpty: () => searchDescendants(first)?.every((pid) => pid === launcher) === true,
    end: oneAtATime(() => killUntilGone(() => (isAlive(first) ? [first] : []))),
  };
}

/** On the host itself: what descends from the launcher, bears the marks of the run, or is in the cgroup of the slot. */
export function onTheHost(
  launcher: number,
  {
    group,
    runId,
    startedAt,
    leftovers,
    inCgroup,
  }: {
    group: number;
    runId: string;
    startedAt: number;
    leftovers: Leftovers;
    inCgroup: () => number[];
  },
): RunProcesses {
  const list = () =>
    [...new Set([...descendantsOf(launcher), ...leftovers.find(runId), ...inCgroup()])].filter(isAlive);
  return {
    list,
    isEmpty: () => searchDescendants(launcher)?.length === 0 && list().length === 0,
    end: oneAtATime(async () => {
      signal(-group, 'SIGKILL');
      leftovers.killRun(runId, { pid: group, startedAt });
      await killUntilGone(inCgroup);
    }),
  };
}

function oneAtATime(act: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | null = null;
  return () => {
    underWay ??= act().finally(() => {
      underWay = null;
    });
    return underWay;
  };
}

/** Kills what `find` gives and all below it, until it gives nothing any more. */
export async function killUntilGone(find: () => number[]): Promise<void> {
  const begunAt = performance.now();
  const helped = new Set<number>();
  for (let look = 0; ; look += 1) {
    const found = find();
    if (found.length === 0) {
      return;
    }
    // Also those below, which could otherwise keep the first process from the processor that it needs to end.
    const all = [...found.flatMap(descendantsOf), ...found];
    for (const pid of all) {
      signal(pid, 'SIGKILL');
    }
    if (performance.now() > begunAt + STARVING_MS) {
      for (const pid of found.filter((each) => !helped.has(each))) {
        helped.add(pid);
        raisePriority(pid);
      }
    }
    await sleep(GONE_LOOKS_MS[Math.min(look, GONE_LOOKS_MS.length - 1)]!);
  }
}

/** A process of SCHED_IDLE may wait for ever on a host that is busy, even to die. */
function raisePriority(pid: number): void {
  const chrt = findProgram('chrt');
  if (chrt !== null) {
    const child = spawn(chrt, ['--other', '--pid', '0', String(pid)], { cwd: '/', env: {}, stdio: 'ignore' });
    child.on('error', () => undefined);
  }
  try {
    setPriority(pid, 0);
  } catch {
    // Only root may lower a nice value.
  }
}

/** A negative number is a group. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    // It ended by itself.
    return false;
  }
}
