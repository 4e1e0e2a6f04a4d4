import { startCluster } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { startPersistent } from '../../jobs/clusters/start.ts';
import type { JobsContext } from '../jobs/context.ts';

export const start = ({ database, domain, engine }: JobsContext) =>
  route(startCluster, async (call) => {
    await database.write((queries) =>
      startPersistent({ ...domain, queries }, call.caller, call.params.clusterId),
    );
    engine.schedule();
  });
