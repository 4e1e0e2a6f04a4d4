import type {
  attachJob,
  Cluster,
  ClusterCreation,
  ClusterStatus,
  createCluster,
  getCluster,
  listClusters,
  listStatusesOfCluster,
  QueryFor,
  ResponseOf,
  shutdownCluster,
  startCluster,
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

  /** A persistent cluster, which is there for jobs once it is started. */
  create(cluster: ClusterCreation, call: CallOptions = {}): Promise<Cluster> {
    return this.#transport.send<typeof createCluster>('POST', '/api/v3/clusters/', {
      body: cluster,
      ...call,
    });
  }

  /** Puts a persistent cluster into the queue; its status is `Started` when it is there. */
  start(clusterId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { clusterId }, ...call };
    return this.#transport.send<typeof startCluster>('POST', '/api/v3/clusters/:clusterId/start/', input);
  }

  /** Ends a persistent cluster and the jobs on it, of which only the logs are kept. */
  shutdown(clusterId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { clusterId }, ...call };
    return this.#transport.send<typeof shutdownCluster>(
      'POST',
      '/api/v3/clusters/:clusterId/shutdown/',
      input,
    );
  }

  /** Attaches a saved job to a persistent cluster, and submits it unless told not to. */
  attach(
    clusterId: string,
    jobId: string,
    { submit = true }: { submit?: boolean } = {},
    call: CallOptions = {},
  ): Promise<ResponseOf<typeof attachJob>> {
    return this.#transport.send<typeof attachJob>('POST', '/api/v3/clusters/:clusterId/jobs/', {
      params: { clusterId },
      body: { id: jobId, submit },
      ...call,
    });
  }

  /** Its history, newest first. */
  statuses(clusterId: string, call: CallOptions = {}): Listing<ClusterStatus> {
    return this.#transport.list<typeof listStatusesOfCluster>('/api/v3/clusters/:clusterId/statuses/', {
      params: { clusterId },
      ...call,
    });
  }
}
