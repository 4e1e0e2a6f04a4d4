import type { CoreType, listCoreTypes, QueryFor } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export class CoreTypes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Kinds of hardware, with the core counts each offers. */
  list(query: QueryFor<typeof listCoreTypes> = {}, call: CallOptions = {}): Listing<CoreType> {
    return this.#transport.list<typeof listCoreTypes>('/api/v2/coretypes/', { query, ...call });
  }
}
