import { describeCluster } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { ClusterStarter } from '../../jobs/life/cluster-starter.ts';
import { notFound } from '../../problems.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';

export const describe = (starter: Pick<ClusterStarter, 'describe'>) =>
  route(describeCluster, async (call) => {
    const { clusterId } = call.params;
    refuseOtherCluster(call.caller, clusterId);
    const file = await starter.describe(clusterId);
    if (file === null) {
      throw notFound('This cluster has ended.');
    }
    return file;
  });
