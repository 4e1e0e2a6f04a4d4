import { type ExchangeRequest, exchange as endpoint } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { Exchanges } from '../../jobs/life/exchange.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';

export const exchange = (exchanges: Exchanges) =>
  route(endpoint, async (call) => {
    const { clusterId } = call.params;
    refuseOtherCluster(call.caller, clusterId);
    return exchanges.exchange(clusterId, call.body as ExchangeRequest, call.signal);
  });
