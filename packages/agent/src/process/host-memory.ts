import { readFileSync } from 'node:fs';
import { OOM_KILLS_KNOWN_MS } from '../limits.ts';

let known: { kills: number | null; at: number } | null = null;

/**
 * How many processes of this host Linux has ended so far because memory had run out; null where it does not count them
 * (before Linux 4.13). What was read a moment ago is taken for it, unless it is to be fresh.
 */
export function hostOomKills({ isFresh = false } = {}): number | null {
  const now = performance.now();
  if (known === null || isFresh || now > known.at + OOM_KILLS_KNOWN_MS) {
    known = { kills: readOomKills(), at: now };
  }
  return known.kills;
}

function readOomKills(): number | null {
  try {
    const kills = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
    return kills === undefined ? null : Number(kills);
  } catch {
    return null;
  }
}
