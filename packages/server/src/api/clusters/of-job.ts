import { getConnectionDetails, listJobClusters, listJobInstances } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { type ClusterListRow, findClusterOfJob, listClusters } from '../../db/queries/list-clusters.ts';
import { type Call, route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { inMemory, paginate } from '../paging.ts';
import { clusterToWire, instancesToWire, sshOf, wireContext } from './to-wire.ts';

export const ofJob = ({ database, domain }: JobsContext) =>
  route(listJobClusters, async (call) => {
    const { id: jobId } = await findJob(database.read, call.caller, call.params.jobId);
    const source = listClusters(database.read, call.caller, { state: 'all', jobId });
    return paginate(call, source, (row) => clusterToWire(row, wireContext(domain)));
  });

/** Of the cluster that executes the job now, or did last. */
export const instances = ({ database }: JobsContext) =>
  route(listJobInstances, async (call) => {
    const cluster = await clusterOf(database, call);
    const found = cluster === null ? [] : instancesToWire(cluster);
    return paginate(call, inMemory(found), (instance) => instance);
  });

/** Where people log in to that cluster. */
export const connectionDetails = ({ database }: JobsContext) =>
  route(getConnectionDetails, async (call) => {
    const cluster = await clusterOf(database, call);
    const ssh = cluster && sshOf(cluster);
    return { connectionDetails: ssh === null ? [] : [{ host: ssh.host, port: ssh.port }] };
  });

async function clusterOf(
  { read }: JobsContext['database'],
  { caller, params }: Pick<Call, 'caller'> & { params: { jobId: string } },
): Promise<ClusterListRow | null> {
  return findClusterOfJob(read, await findJob(read, caller, params.jobId));
}
