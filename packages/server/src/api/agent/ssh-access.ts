import { askSshAccess } from '@quarry/contract';
import type { Database } from '../../db/database.ts';
import { route } from '../../http/route.ts';
import { findSshAccess } from '../../jobs/life/ssh-access.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';

export const sshAccess = (database: Database) =>
  route(askSshAccess, async (call) => {
    const { clusterId } = call.params;
    refuseOtherCluster(call.caller, clusterId);
    return findSshAccess(database.read, clusterId);
  });
