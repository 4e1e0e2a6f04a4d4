/**
 * Which process the kernel ends first when memory runs out: commands of jobs (their agents say so), then agents, and the
 * server last, without which nobody would learn what became of the others.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** From -1000 to 1000, in thousandths of the memory: as if the process used so much more, or less. */
const SERVER_SCORE = -500;
const AGENT_SCORE = 300;

const OWN = '/proc/self/oom_score_adj';

/** What those get that this process starts, and what it has itself; null as long as these are the same. */
let protection: { others: string; own: string } | null = null;

/** Makes this process one of the last to be ended; false where it may not (only root, or whoever has CAP_SYS_RESOURCE). */
export function protectFromOomKiller(score = SERVER_SCORE): boolean {
  try {
    const before = Number(readFileSync(OWN, 'utf8'));
    // Whoever started this process may have protected it better, as a service manager can.
    const own = String(Math.min(before, score));
    if (before > score) {
      writeFileSync(OWN, own);
    }
    protection ??= { others: String(Math.max(before, 0)), own };
    return true;
  } catch {
    return false;
  }
}

/**
 * Calls `start`, which starts a process before it returns: without the protection of this one, which it would inherit. Setting it
 * afterwards would leave a moment in which it could start others.
 */
export function withoutProtection<Started>(start: () => Started): Started {
  if (protection === null) {
    return start();
  }
  writeFileSync(OWN, protection.others);
  try {
    return start();
  } finally {
    try {
      writeFileSync(OWN, protection.own);
    } catch {
      // Whoever lowered it did not leave the right to do so again: what was started counts for more.
      protection = null;
    }
  }
}

/** Lets an agent be ended before the server; what it starts says of itself that it goes first. */
export function exposeAgent(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(AGENT_SCORE));
  } catch {
    // It has ended, has more already, or this system has no such thing.
  }
}
