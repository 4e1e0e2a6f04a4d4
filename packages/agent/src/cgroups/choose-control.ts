/** Who sees to it that a run stays within its memory, found by trying. */
import type { MemoryControl as Kind } from '@quarry/contract';
import { type CgroupPlace, findPlaces, refuseUnlessWritable } from './find-places.ts';
import { MemoryCgroup } from './memory-cgroup.ts';
import { cgroupName } from './names.ts';

export interface MemoryControl {
  kind: Exclude<Kind, 'none'>;
  /** Where cgroups are made; null when the agent itself watches. */
  place: CgroupPlace | null;
  /** Why it is not a cgroup; null when it is. */
  reason: string | null;
}

/** Makes a cgroup for a moment at each place that there is; without one that works, agents watch. */
export function chooseMemoryControl(clusterId: string, places = findPlaces()): MemoryControl {
  const reasons: string[] = [];
  for (const place of places) {
    try {
      refuseUnlessWritable(place);
      new MemoryCgroup(place, cgroupName(clusterId, 'probe'), PROBE_BYTES).remove();
      return { kind: place.version === 1 ? 'cgroup-v1' : 'cgroup-v2', place, reason: null };
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  const reason = reasons.length > 0 ? reasons.join('; ') : 'this host shows no cgroups that bound memory';
  return { kind: 'watched', place: null, reason };
}

const PROBE_BYTES = 64 * 1024 * 1024;
