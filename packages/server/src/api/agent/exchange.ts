import { type ExchangeRequest, exchange as endpoint } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { Exchanges } from '../../jobs/life/exchange.ts';
import { forbidden } from '../../problems.ts';

export const exchange = (exchanges: Exchanges) =>
  route(endpoint, async (call) => {
    const { clusterId } = call.params;
    if (call.caller.kind !== 'agent' || call.caller.clusterId !== clusterId) {
      throw forbidden('This token belongs to another cluster.', 'An agent speaks for its own cluster only.');
    }
    return exchanges.exchange(clusterId, call.body as ExchangeRequest, call.signal);
  });
