import { readFileSync } from 'node:fs';
import { readBootId } from '../../monotonic.ts';

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Start time in clock ticks since boot, field 22 of /proc/PID/stat; null where there is no /proc. */
  startTicks: string | null;
  /**
   * The boot of the host that it belongs to: after another one a process may have the same number and start time. Null
   * where there is no /proc, absent in what earlier versions stored.
   */
  bootId?: string | null;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, startTicks: startTicks(pid), bootId: readBootId() };
}

/** Whether that very process still runs; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (isOfEarlierBoot(identity)) {
    return false;
  }
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const stat = readStat(identity.pid);
  if (stat === null) {
    return identity.startTicks === null;
  }
  return stat.state !== 'Z' && (identity.startTicks === null || stat.startTicks === identity.startTicks);
}

function isOfEarlierBoot({ bootId }: ProcessIdentity): boolean {
  if (typeof bootId !== 'string') {
    return false;
  }
  const current = readBootId();
  return current !== null && bootId !== current;
}

function startTicks(pid: number): string | null {
  return readStat(pid)?.startTicks ?? null;
}

function readStat(pid: number): { state: string; startTicks: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name stands in parentheses and may hold anything: fields count from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
  } catch {
    return null;
  }
}
