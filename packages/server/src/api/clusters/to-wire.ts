import type { Cluster, Instance } from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import type { ClusterListRow } from '../../db/queries/list-clusters.ts';

const SECONDS_PER_HOUR = 3600;

export function clusterToWire(row: ClusterListRow, catalog: Catalog): Cluster {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    jobId: row.jobId,
    status: statusOf(row),
    statusReason: row.statusReason,
    statusDate: row.statusDate ?? row.dateInserted,
    hardware: {
      coreType: { code: row.coreType, name: catalog.coreType(row.coreType)?.name ?? row.coreType },
      coresPerSlot: row.coresPerSlot,
      slots: row.slots,
      walltime: row.walltimeSeconds / SECONDS_PER_HOUR,
    },
    slotsGranted: row.slotsGranted,
    hostname: row.hostname,
    scheduler: row.scheduler,
    dateInserted: row.dateInserted,
    dateStarted: row.dateStarted,
    dateStopped: row.dateStopped,
  };
}

/** The hosts of a cluster: one, once it has started. */
export function instancesToWire(row: ClusterListRow): Instance[] {
  const { dateStarted } = row;
  if (dateStarted === null) {
    return [];
  }
  return [
    {
      clusterId: row.id,
      publicIp: null,
      publicHostname: null,
      sshPort: null,
      username: null,
      role: 'MPI_MASTER',
      hostname: row.hostname,
      coreType: row.coreType,
      cores: row.coresPerSlot * (row.slotsGranted ?? row.slots),
      status: statusOf(row),
      dateStarted,
      dateStopped: row.dateStopped,
    },
  ];
}

function statusOf({ status }: ClusterListRow): Cluster['status'] {
  return (status ?? 'Not Started') as Cluster['status'];
}
