import type { Database } from '../../db/database.ts';
import type { Deliveries } from '../../deliveries/deliveries.ts';
import type { Route } from '../../http/route.ts';
import type { ClusterStarter } from '../../jobs/life/cluster-starter.ts';
import type { Exchanges } from '../../jobs/life/exchange.ts';
import { answer } from './answer.ts';
import { askDeliveries } from './ask-deliveries.ts';
import { deliver } from './deliver.ts';
import { deliverMany } from './deliver-many.ts';
import { describe } from './describe.ts';
import { exchange } from './exchange.ts';
import { sshAccess } from './ssh-access.ts';

/** The endpoints of agents. */
export function agentRoutes({
  exchanges,
  database,
  starter,
  deliveries,
}: {
  exchanges: Exchanges;
  database: Database;
  starter: ClusterStarter;
  deliveries: Deliveries;
}): Route[] {
  return [
    exchange(exchanges),
    sshAccess(database),
    answer(exchanges.requests),
    describe(starter),
    askDeliveries(deliveries),
    deliverMany(deliveries),
    deliver(deliveries),
  ];
}
