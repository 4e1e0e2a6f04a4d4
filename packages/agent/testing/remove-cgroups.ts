import { findCgroups, removeCgroups } from '../src/cgroups/leftovers.ts';

/** Removes the cgroups of a cluster whose agent was killed by a test; false while there are processes in them. */
export function removeCgroupsOf(clusterId: string): boolean {
  removeCgroups(findCgroups(clusterId));
  return findCgroups(clusterId).length === 0;
}
