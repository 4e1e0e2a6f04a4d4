import { shutdownCluster } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { shutDownPersistent } from '../../jobs/clusters/shut-down.ts';
import type { JobsContext } from '../jobs/context.ts';

export const shutdown = ({ database, domain, engine, keeper }: JobsContext) =>
  route(shutdownCluster, async (call) => {
    const applied = await database.write(
      (queries) => shutDownPersistent({ ...domain, queries }, call.caller, call.params.clusterId),
      { mayUseReserve: true },
    );
    engine.perform(applied);
    keeper.look();
  });
