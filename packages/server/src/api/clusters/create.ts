import { createCluster } from '@quarry/contract';
import { findVisibleCluster } from '../../db/queries/list-clusters.ts';
import { route } from '../../http/route.ts';
import { createPersistent } from '../../jobs/clusters/create.ts';
import type { JobsContext } from '../jobs/context.ts';
import { clusterToWire, wireContext } from './to-wire.ts';

export const create = ({ database, domain }: JobsContext) =>
  route(createCluster, async (call) => {
    const id = await database.write((queries) =>
      createPersistent({ ...domain, queries }, call.caller, call.body),
    );
    return clusterToWire(await findVisibleCluster(database.read, call.caller, id), wireContext(domain));
  });
