/**
 * Which process the kernel ends first when memory runs out: commands of jobs (their agents say so), then agents, and the
 * server last, without which nobody would learn what became of the others.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** From -1000 to 1000, in thousandths of the memory: as if the process used so much more, or less. */
const SERVER_SCORE = -500;
const AGENT_SCORE = 300;

const OWN = '/proc/self/oom_score_adj';

/** What this process had before, once it has been lowered. */
let inherited: string | null = null;
let own = '';

/** Makes this process one of the last to be ended; false where it may not (only root, or whoever has CAP_SYS_RESOURCE). */
export function protectFromOomKiller(score = SERVER_SCORE): boolean {
  try {
    const before = readFileSync(OWN, 'utf8').trim();
    if (Number(before) <= score) return true;
    writeFileSync(OWN, String(score));
    inherited = before;
    own = String(score);
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
  if (inherited === null) return start();
  writeFileSync(OWN, inherited);
  try {
    return start();
  } finally {
    writeFileSync(OWN, own);
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
