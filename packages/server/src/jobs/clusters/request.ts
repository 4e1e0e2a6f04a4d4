import type { PersistentClusterRow } from '../../db/tables.ts';
import type { ClusterRequest } from '../../schedulers/scheduler.ts';

/** What the scheduler is asked for, from the row of a persistent cluster. */
export function toHolderRequest(row: PersistentClusterRow): ClusterRequest {
  return {
    clusterId: row.id,
    slots: row.slots,
    coresPerSlot: row.cores_per_slot,
    gpusPerSlot: row.gpus_per_slot,
    coreType: row.core_type,
    walltimeSeconds: row.walltime_seconds,
    isLowPriority: row.is_low_priority === 1,
    directory: row.directory,
    holds: true,
  };
}
