import type { Cluster, Instance, Waiting } from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import { type Clock, secondsBetween } from '../../clock.ts';
import type { ClusterListRow } from '../../db/queries/list-clusters.ts';
import type { ClusterSsh } from '../../db/queries/ssh-access.ts';
import { costOf } from '../../jobs/definition/estimate.ts';

const SECONDS_PER_HOUR = 3600;

export interface ClusterWireContext {
  catalog: Catalog;
  clock: Clock;
}

export function wireContext({
  catalog,
  clock,
}: {
  catalog: () => Catalog;
  clock: Clock;
}): ClusterWireContext {
  return { catalog: catalog(), clock };
}

type InstalledAnalysis = Cluster['installedAnalyses'][number]['analysis'];

export function clusterToWire(row: ClusterListRow, { catalog, clock }: ClusterWireContext): Cluster {
  const { persistent } = row;
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    jobId: row.jobId,
    isPersistent: persistent !== null,
    jobIds: row.jobIds,
    projectId: persistent?.project_id ?? null,
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
    installedAnalyses: installedOf(persistent),
    runLowPriority: row.isLowPriority === 1,
    idleMinutes: persistent === null ? null : persistent.idle_seconds / 60,
    waiting: persistent?.waiting ? (JSON.parse(persistent.waiting) as Waiting) : null,
    cost: costSoFar(row, clock),
    dateInserted: row.dateInserted,
    dateStarted: row.dateStarted,
    dateStopped: row.dateStopped,
  };
}

function installedOf(persistent: ClusterListRow['persistent']): Cluster['installedAnalyses'] {
  const analyses = persistent === null ? [] : (JSON.parse(persistent.analyses) as InstalledAnalysis[]);
  return analyses.map((analysis) => ({ analysis }));
}

/** From when it was there until it was stopped, or now. */
function costSoFar(row: ClusterListRow, clock: Clock): Cluster['cost'] {
  const { persistent, dateStarted, dateStopped, coresPerSlot, slots, slotsGranted } = row;
  if (persistent === null || dateStarted === null) {
    return null;
  }
  const seconds = Math.max(0, secondsBetween(dateStarted, dateStopped ?? clock.now()));
  return costOf(
    { pricePerCoreHour: persistent.price_per_core_hour, currency: persistent.currency },
    { coresPerSlot, slots: slotsGranted ?? slots, hours: seconds / SECONDS_PER_HOUR },
  );
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
