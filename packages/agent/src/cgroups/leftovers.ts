/** The cgroups that an agent has left which did not come to remove them. */
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP_DEPTH, CGROUPS_SEARCHED } from '../limits.ts';
import { findMounts } from './find-places.ts';
import { isCgroupOf } from './names.ts';

/** The directories of a cluster's cgroups, wherever on this host its agent was. */
export function findCgroups(clusterId: string): string[] {
  const mounts = [...new Set(findMounts().map(({ directory }) => directory))];
  return mounts.flatMap((directory) => search(directory, clusterId));
}

/** The processes in it, none when it is gone. */
export function processesIn(cgroup: string): number[] {
  try {
    const lines = readFileSync(join(cgroup, 'cgroup.procs'), 'latin1').split('\n');
    // 0 is one that is not in our PID namespace.
    return lines.map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** Removes cgroups that hold no process; what is busy or not ours to remove stays. */
export function removeCgroups(cgroups: readonly string[]): void {
  for (const cgroup of cgroups) {
    try {
      rmdirSync(cgroup);
    } catch {
      // See above.
    }
  }
}

function search(mountPoint: string, clusterId: string): string[] {
  const found: string[] = [];
  let searched = 0;
  let generation = [mountPoint];
  for (let depth = 0; depth < CGROUP_DEPTH && generation.length > 0; depth += 1) {
    const next: string[] = [];
    for (const directory of generation) {
      searched += 1;
      if (searched > CGROUPS_SEARCHED) {
        return found;
      }
      for (const name of directoriesIn(directory)) {
        (isCgroupOf(name, clusterId) ? found : next).push(join(directory, name));
      }
    }
    generation = next;
  }
  return found;
}

function directoriesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    // Gone meanwhile, or not for us.
    return [];
  }
}
