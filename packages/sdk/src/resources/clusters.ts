import type {
  Cluster,
  ClusterStatus,
  getCluster,
  listClusters,
  listStatusesOfCluster,
  QueryFor,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

/** Clusters by themselves; those of a job are at `jobs.clusters`. */
export class Clusters {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Those that are running, newest first; other states, and all, on Quarry servers. */
  list(query: QueryFor<typeof listClusters> = {}, call: CallOptions = {}): Listing<Cluster> {
    return this.#transport.list<typeof listClusters>('/api/v3/clusters/', { query, ...call });
  }

  get(clusterId: string, call: CallOptions = {}): Promise<Cluster> {
    const input = { params: { clusterId }, ...call };
    return this.#transport.send<typeof getCluster>('GET', '/api/v3/clusters/:clusterId/', input);
  }

  /** Its history, newest first. */
  statuses(clusterId: string, call: CallOptions = {}): Listing<ClusterStatus> {
    return this.#transport.list<typeof listStatusesOfCluster>('/api/v3/clusters/:clusterId/statuses/', {
      params: { clusterId },
      ...call,
    });
  }
}
