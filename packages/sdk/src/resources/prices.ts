import type { ComputePrice, listComputePrices } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export class Prices {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Price per core and hour of each core type, plan and operating system; the platform sends them on one page. */
  list(call: CallOptions = {}): Listing<ComputePrice> {
    return this.#transport.list<typeof listComputePrices>('/api/v2/billing/computeprices/', call);
  }
}
