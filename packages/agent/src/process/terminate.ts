/**
 * Signals for a running command. Without a sandbox the command leads its own process group. Inside, bubblewrap
 * stands between: the process that we started only waits (a signal to it would end everything without grace),
 * its child is the first process of the namespace and leads the session of the command; being first it is
 * immune to SIGTERM, and its SIGKILL takes the whole namespace along.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { StopSwitch } from '../runs/stop-switch.ts';

const RETRY_MS = 5;

/** What is signalled: the process that was started for a command. */
export interface Signalled {
  pid: number;
  isOver: boolean;
}

/** Ends the command when the switch is thrown: SIGTERM, then after the grace time SIGKILL. Returns the disposal. */
export function endOnStop(
  child: Signalled,
  { stop, sandboxed, graceMs }: { stop: StopSwitch; sandboxed: boolean; graceMs: number },
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let terminated = false;
  const kill = () => {
    if (!signalCommand(child, 'SIGKILL', sandboxed)) {
      timer = setTimeout(kill, RETRY_MS);
    }
  };
  const terminate = () => {
    terminated = signalCommand(child, 'SIGTERM', sandboxed);
    timer = terminated ? setTimeout(kill, graceMs) : setTimeout(terminate, RETRY_MS);
  };
  const unsubscribe = stop.onRequest((reason) => {
    clearTimeout(timer);
    reason.force ? kill() : terminate();
  });
  return () => {
    unsubscribe();
    clearTimeout(timer);
  };
}

/** False while the sandbox is still being set up and there is no command to signal yet. */
function signalCommand(child: Signalled, signal: 'SIGTERM' | 'SIGKILL', sandboxed: boolean): boolean {
  if (child.isOver) {
    return true;
  }
  if (!sandboxed) {
    return send(-child.pid, signal) || true;
  }
  const first = childOf(child.pid);
  if (first === null) {
    return signal === 'SIGKILL' ? send(child.pid, signal) || true : false;
  }
  if (signal === 'SIGKILL') {
    return send(first, signal) || true;
  }
  return send(-first, signal);
}

function send(target: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch {
    return false;
  }
}

function childOf(pid: number): number | null {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return listed === '' ? null : Number(listed.split(' ')[0]);
  } catch {
    // A kernel without CONFIG_PROC_CHILDREN.
    return (
      readdirSync('/proc')
        .map(Number)
        .find((other) => Number.isInteger(other) && parentOf(other) === pid) ?? null
    );
  }
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
