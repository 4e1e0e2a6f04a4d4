const PREFIX = 'quarry';

/** Of the cgroup of a slot: whoever cleans up behind a dead agent knows it by the cluster in it. */
export function cgroupName(clusterId: string, slot: number | 'probe'): string {
  return `${PREFIX}-${clusterId}-${slot}`;
}

export function isCgroupOf(name: string, clusterId: string): boolean {
  return name.startsWith(`${PREFIX}-${clusterId}-`);
}
