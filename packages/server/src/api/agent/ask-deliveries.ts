import { askDeliveries as endpoint } from '@quarry/contract';
import type { Deliveries } from '../../deliveries/deliveries.ts';
import { route } from '../../http/route.ts';
import { delivererOf } from './deliverer.ts';

export const askDeliveries = (deliveries: Deliveries) =>
  route(endpoint, async (call) => {
    const by = delivererOf(call.caller, call.params.clusterId);
    return { files: await deliveries.ask(by, call.body.files) };
  });
