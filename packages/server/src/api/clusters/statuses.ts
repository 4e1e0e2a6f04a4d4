import { listStatusesOfCluster as endpoint } from '@quarry/contract';
import { findVisibleCluster } from '../../db/queries/list-clusters.ts';
import { listStatusesOfCluster } from '../../db/queries/list-statuses.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { clusterStatusToWire } from '../jobs/to-wire.ts';
import { inMemory, paginate } from '../paging.ts';

export const statuses = ({ database }: JobsContext) =>
  route(endpoint, async (call) => {
    const { id } = await findVisibleCluster(database.read, call.caller, call.params.clusterId);
    const rows = await listStatusesOfCluster(database.read, id);
    return paginate(call, inMemory(rows), clusterStatusToWire);
  });
