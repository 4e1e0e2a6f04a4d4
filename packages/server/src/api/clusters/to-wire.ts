import type { Cluster, Instance } from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import type { ClusterListRow } from '../../db/queries/list-clusters.ts';
import type { ClusterSsh } from '../../db/queries/ssh-access.ts';

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
  const ssh = sshOf(row);
  return [
    {
      clusterId: row.id,
      publicIp: ssh?.host ?? null,
      publicHostname: ssh?.host ?? null,
      sshPort: ssh?.port ?? null,
      username: ssh?.username ?? null,
      hostKey: ssh?.hostKey ?? null,
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

/** Where people log in to a cluster by SSH; null where they cannot, and when it has ended. */
export function sshOf({ ssh, dateStopped }: ClusterListRow): ClusterSsh['address'] {
  return ssh === null || dateStopped !== null ? null : (JSON.parse(ssh) as ClusterSsh).address;
}

function statusOf({ status }: ClusterListRow): Cluster['status'] {
  return (status ?? 'Not Started') as Cluster['status'];
}
