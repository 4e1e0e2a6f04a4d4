import type { Database } from '../../db/database.ts';
import type { Route } from '../../http/route.ts';
import type { Exchanges } from '../../jobs/life/exchange.ts';
import { answer } from './answer.ts';
import { exchange } from './exchange.ts';
import { sshAccess } from './ssh-access.ts';

/** The endpoints of agents. */
export function agentRoutes({ exchanges, database }: { exchanges: Exchanges; database: Database }): Route[] {
  return [exchange(exchanges), sshAccess(database), answer(exchanges.requests)];
}
