import { derivedKey, hashKey } from '../../access/keys.ts';

/** What agents show who they are by. A token follows from the secret, so none is kept; those of living clusters are known. */
export class AgentTokens {
  readonly #secret: Buffer;
  readonly #clusterByHash = new Map<string, string>();

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** The token of a cluster's agent. */
  of(clusterId: string): string {
    return derivedKey(this.#secret, 'agent', clusterId);
  }

  /** Makes a cluster's token known, before its agent starts or is answered again. */
  expect(clusterId: string): void {
    this.#clusterByHash.set(hashKey(this.of(clusterId)), clusterId);
  }

  /** The token of a cluster that has ended opens nothing any more. */
  forget(clusterId: string): void {
    this.#clusterByHash.delete(hashKey(this.of(clusterId)));
  }

  /** The cluster that a token's hash belongs to. */
  clusterOf(hash: string): string | null {
    return this.#clusterByHash.get(hash) ?? null;
  }
}
