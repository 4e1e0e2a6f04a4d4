import type { getUsageReport, QueryFor, UsageReport } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { downloadFrom } from '../lib/download.ts';
import { formatQuery } from '../path.ts';
import type { Transport } from '../transport.ts';

export type UsageQuery = Omit<QueryFor<typeof getUsageReport>, 'format'>;

/** What was used and what it cost, of Quarry servers. */
export class Usage {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Core hours and money by day or another thing: of this month, unless a time is named. Amounts are decimal texts. */
  get(query: UsageQuery = {}, call: CallOptions = {}): Promise<UsageReport> {
    return this.#transport.send<typeof getUsageReport>('GET', '/api/v2/usage/', { query, ...call });
  }

  /** The same as the text of a CSV file, with a header. */
  async csv(query: UsageQuery = {}, call: CallOptions = {}): Promise<string> {
    const path = `/api/v2/usage/${formatQuery({ ...query, format: 'csv' })}`;
    return (await downloadFrom(this.#transport, path, call)).text();
  }
}
