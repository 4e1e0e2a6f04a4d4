import type { Caller } from '../../access/caller.ts';
import type { Deliverer } from '../../deliveries/deliveries.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';

/** The agent of a cluster, and the job whose outputs it brings. */
export function delivererOf(caller: Caller, clusterId: string): Deliverer {
  refuseOtherCluster(caller, clusterId);
  return { clusterId, jobId: caller.jobId };
}
