import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The core of whatever is measured, and the one of whoever asks it. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

/** Why processes cannot be given a core each; null when they can. */
export function whyNotPinned(): string | null {
  if (availableParallelism() < 2) {
    return 'This host has one core: server and load shared it.';
  }
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'taskset (package util-linux) is missing: server and load moved between cores as they liked.';
  }
}

/** Keeps a running process, with all its threads, on one core. */
export function pin(pid: number, core: number): void {
  if (whyNotPinned() === null) {
    execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
  }
}

/** The words that start a program on one core. */
export function pinned(core: number, command: [string, ...string[]]): [string, ...string[]] {
  return whyNotPinned() === null ? ['taskset', '-c', String(core), ...command] : command;
}
