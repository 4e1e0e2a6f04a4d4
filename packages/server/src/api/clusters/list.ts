import { listClusters as endpoint } from '@quarry/contract';
import { listClusters } from '../../db/queries/list-clusters.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { paginate } from '../paging.ts';
import { clusterToWire, wireContext } from './to-wire.ts';

export const list = ({ database, domain }: JobsContext) =>
  route(endpoint, async (call) => {
    const source = listClusters(database.read, call.caller, { state: call.query.state ?? 'running' });
    return paginate(call, source, (row) => clusterToWire(row, wireContext(domain)));
  });
