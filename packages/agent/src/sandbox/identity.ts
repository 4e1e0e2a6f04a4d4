/**
 * As whom commands run. An agent that is not root runs them as its own user. One that is root runs them as a user
 * that nobody else is: on the host it owns nothing but the files of jobs, so whatever leads out of the sandbox
 * leads to somebody who may do nothing.
 */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

export interface Identity {
  uid: number;
  gid: number;
  name: string;
  /** In the sandbox of a root agent the shell that starts commands is root there, and this user on the host; else null. */
  launcherUid: number | null;
}

/** Above all ids that distributions, containers and sub-ids are given, and below 2^31, which some programs cannot read. */
const JOB_UID = 1_900_000_000;
const JOB_NAME = 'quarry-job';

/** As whom the commands of this agent run: `isolated` when they get a user namespace of their own. */
export function identify({ isolated }: { isolated: boolean }): Identity {
  const uid = process.getuid!();
  if (uid !== 0 || !isolated) {
    return { uid, gid: process.getgid!(), name: ownName(uid), launcherUid: null };
  }
  const free = twoFreeIds(readFileSync('/proc/self/uid_map', 'utf8'));
  return { uid: free, gid: free, name: JOB_NAME, launcherUid: free + 1 };
}

/** The first of two ids that exist here: in a container only some do, and the last ones of these are hardly in use. */
export function twoFreeIds(uidMap: string): number {
  const ranges = uidMap
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first, , count]) => ({ first: first!, end: first! + count! }));
  if (ranges.some(({ first, end }) => first <= JOB_UID && JOB_UID + 2 <= end)) {
    return JOB_UID;
  }
  const largest = ranges.toSorted((a, b) => b.end - b.first - (a.end - a.first))[0]!;
  // Without the very last ones, which are `nobody` in a container of 65,536 ids.
  return largest.end - 8;
}

function ownName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    // A numeric user without an entry, as in many containers.
    return String(uid);
  }
}
