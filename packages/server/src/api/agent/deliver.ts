import { deliverBytes } from '@quarry/contract';
import type { Deliveries } from '../../deliveries/deliveries.ts';
import { route } from '../../http/route.ts';
import { takingIn } from './taking-in.ts';

export const deliver = (deliveries: Deliveries) =>
  route(deliverBytes, (call) =>
    takingIn(call, (by, bytes) =>
      deliveries.take(by, { ...call.query, sha512: call.params.sha512 }, bytes, call.signal),
    ),
  );
