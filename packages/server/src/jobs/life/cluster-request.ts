import type { ClusterRequest } from '../../schedulers/scheduler.ts';

/** What the scheduler is asked for, from the row of a cluster and its job. */
export function toRequest(entry: {
  clusterId: string;
  slots: number;
  coresPerSlot: number;
  gpusPerSlot: number;
  coreType: string;
  walltimeSeconds: number;
  isLowPriority: number;
  directory: string;
  within: string | null;
}): ClusterRequest {
  const { clusterId, slots, coresPerSlot, gpusPerSlot, coreType, walltimeSeconds, directory } = entry;
  return {
    clusterId,
    slots,
    coresPerSlot,
    gpusPerSlot,
    coreType,
    walltimeSeconds,
    isLowPriority: entry.isLowPriority === 1,
    directory,
    ...(entry.within !== null && { within: entry.within }),
  };
}
