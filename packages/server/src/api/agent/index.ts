import type { Route } from '../../http/route.ts';
import type { Exchanges } from '../../jobs/life/exchange.ts';
import { exchange } from './exchange.ts';

/** The endpoint of agents. */
export function agentRoutes(exchanges: Exchanges): Route[] {
  return [exchange(exchanges)];
}
