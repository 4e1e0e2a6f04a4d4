import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { type RunProcesses, signal } from '../process/run-processes.ts';

/** By default these end a process, or mean nothing to it: they are for programs that wait for them. */
const FOR_HANDLERS: readonly string[] = ['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGWINCH'];
const FOR_ALL: readonly string[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGSTOP', 'SIGTSTP', 'SIGCONT'];

/**
 * Sends a signal to the processes of a command: to those that handle it, where it would end others, such as the shell around
 * a solver. Answers how many got it, or why none did.
 */
export function signalProcesses(
  processes: Pick<RunProcesses, 'list'>,
  name: string,
): number | 'no_command' | 'not_handled' | 'unknown_signal' {
  if (!FOR_HANDLERS.includes(name) && !FOR_ALL.includes(name)) {
    return 'unknown_signal';
  }
  const all = processes.list();
  if (all.length === 0) {
    return 'no_command';
  }
  const meant = FOR_HANDLERS.includes(name) ? all.filter((pid) => handles(pid, name)) : all;
  const sent = meant.filter((pid) => signal(pid, name as NodeJS.Signals)).length;
  return sent > 0 ? sent : FOR_HANDLERS.includes(name) ? 'not_handled' : 'no_command';
}

/** Whether the process has a handler for the signal. */
function handles(pid: number, name: string): boolean {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    const number = constants.signals[name as NodeJS.Signals];
    return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n;
  } catch {
    // It has ended.
    return false;
  }
}
