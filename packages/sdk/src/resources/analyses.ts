import type { Analysis, getAnalysis, listAnalyses, QueryFor } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export class Analyses {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Software that jobs can use, each with its versions, newest first. */
  list(query: QueryFor<typeof listAnalyses> = {}, call: CallOptions = {}): Listing<Analysis> {
    return this.#transport.list<typeof listAnalyses>('/api/v2/analyses/', { query, ...call });
  }

  get(code: string, call: CallOptions = {}): Promise<Analysis> {
    return this.#transport.send<typeof getAnalysis>('GET', '/api/v2/analyses/:code/', {
      params: { code },
      ...call,
    });
  }
}
