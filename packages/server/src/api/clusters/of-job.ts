import { getConnectionDetails, listJobClusters, listJobInstances } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findVisibleCluster, listClusters } from '../../db/queries/list-clusters.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { inMemory, paginate } from '../paging.ts';
import { clusterToWire, instancesToWire } from './to-wire.ts';

export const ofJob = ({ database, domain }: JobsContext) =>
  route(listJobClusters, async (call) => {
    const { id: jobId } = await findJob(database.read, call.caller, call.params.jobId);
    const source = listClusters(database.read, call.caller, { state: 'all', jobId });
    return paginate(call, source, (row) => clusterToWire(row, domain.catalog()));
  });

/** Of the cluster that executes the job now, or did last. */
export const instances = ({ database }: JobsContext) =>
  route(listJobInstances, async (call) => {
    const { cluster_id: clusterId } = await findJob(database.read, call.caller, call.params.jobId);
    const found =
      clusterId === null
        ? []
        : instancesToWire(await findVisibleCluster(database.read, call.caller, clusterId));
    return paginate(call, inMemory(found), (instance) => instance);
  });

/** Nothing listens for logins on a cluster. */
export const connectionDetails = ({ database }: JobsContext) =>
  route(getConnectionDetails, async (call) => {
    await findJob(database.read, call.caller, call.params.jobId);
    return { connectionDetails: [] };
  });
