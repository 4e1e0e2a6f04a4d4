import { getCluster } from '@quarry/contract';
import { findVisibleCluster } from '../../db/queries/list-clusters.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { clusterToWire, wireContext } from './to-wire.ts';

export const get = ({ database, domain }: JobsContext) =>
  route(getCluster, async (call) =>
    clusterToWire(
      await findVisibleCluster(database.read, call.caller, call.params.clusterId),
      wireContext(domain),
    ),
  );
