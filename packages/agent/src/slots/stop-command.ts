/**
 * Ends a command whose run is being stopped: SIGTERM to every process of the run, so that whichever holds the state can
 * save it, then the grace time for all of them together, then SIGKILL.
 *
 * A process whose standard input is a pipe that another one of the run writes into is left out: it ends by itself when that one
 * does, and until then takes what that one prints while it saves (`solver | tee log`). What a process starts after its
 * SIGTERM, such as a handler's own commands, is left to it.
 */
import { readFileSync } from 'node:fs';
import { EMPTY_LOOK_MS, STOPPING_LOOK_MS } from '../limits.ts';
import { inputPipeOf, statOf, writesInto } from '../process/process-tree.ts';
import { type RunProcesses, signal } from '../process/run-processes.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';

const TICKS_PER_SECOND = 100;

export interface Stoppable {
  processes: RunProcesses;
  /** Makes the run stay after its command until `release`. */
  holdBack(): void;
  release(): void;
}

export interface Stopping {
  /** Resolves when a stop that is under way has come to its end: nothing is left, or its time is over. */
  settled(): Promise<void>;
  dispose(): void;
}

/** Stops the command when the switch is thrown. */
export function stopOnRequest(
  command: Stoppable,
  { stop, graceMs }: { stop: StopSwitch; graceMs: number },
): Stopping {
  const { processes } = command;
  let timer: NodeJS.Timeout | undefined;
  let graceEndsAt: number | null = null;
  let wasEmpty = false;
  const over = Promise.withResolvers<void>();
  const kill = () => void processes.end().then(() => over.resolve());
  const look = () => {
    if (performance.now() >= graceEndsAt!) {
      kill();
      return;
    }
    const isEmpty = processes.list().length === 0 && processes.isEmpty();
    // Seen twice, since one may have started another and ended while we looked.
    if (isEmpty && wasEmpty) {
      command.release();
      over.resolve();
      return;
    }
    wasEmpty = isEmpty;
    timer = setTimeout(look, isEmpty ? EMPTY_LOOK_MS : STOPPING_LOOK_MS);
  };
  const unsubscribe = stop.onRequest(({ force }) => {
    clearTimeout(timer);
    if (force) {
      kill();
      return;
    }
    graceEndsAt = performance.now() + graceMs;
    command.holdBack();
    terminate(processes);
    look();
  });
  return {
    settled: () => (stop.reason === null ? Promise.resolve() : over.promise),
    dispose() {
      unsubscribe();
      clearTimeout(timer);
    },
  };
}

/** Twice, since a process may have been forking while the others were listed; what is younger than the stop is not meant. */
function terminate(processes: RunProcesses): void {
  const now = ticksSinceBoot();
  const told = new Set<number>();
  for (let round = 0; round < 2; round += 1) {
    const all = processes.list().filter((pid) => (statOf(pid)?.startTicks ?? now + 1) <= now);
    for (const pid of all.filter((each) => !told.has(each) && !isFedBy(each, all))) {
      told.add(pid);
      signal(pid, 'SIGTERM');
      // One that somebody has stopped (SIGSTOP) would get it only afterwards.
      signal(pid, 'SIGCONT');
    }
  }
}

function isFedBy(pid: number, others: number[]): boolean {
  const pipe = inputPipeOf(pid);
  return pipe !== null && others.some((other) => other !== pid && writesInto(other, pipe));
}

function ticksSinceBoot(): number {
  // The host's clock of /proc/PID/stat, suspended time included as there.
  return Math.floor(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * TICKS_PER_SECOND);
}
