/** Who may log in: as the server says it at the time, or said it last while it is away. */
import { BlockList, isIP } from 'node:net';
import type { ClusterFile, SshAccess } from '@quarry/contract';
import { postJson } from '../exchange/http.ts';
import { readServerUrl } from '../exchange/server-url.ts';
import { SSH_ACCESS_MS, SSH_ACCESS_OVERDUE_MS } from '../limits.ts';

const NOBODY: SshAccess = { keys: [], networks: [] };

export class Access {
  readonly #cluster: ClusterFile;
  #known: SshAccess;
  #asked: Promise<SshAccess> | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(cluster: ClusterFile, known: SshAccess) {
    this.#cluster = cluster;
    this.#known = known;
  }

  /** Many who knock at the same time are one question. */
  ask(): Promise<SshAccess> {
    if (this.#asked === null || performance.now() > this.#askedAt + SSH_ACCESS_MS) {
      this.#askedAt = performance.now();
      this.#asked = this.#askServer();
    }
    return this.#asked;
  }

  async #askServer(): Promise<SshAccess> {
    const { clusterId, token, serverUrl } = this.#cluster;
    const base = (readServerUrl(this.#cluster) ?? serverUrl).replace(/\/+$/, '');
    const url = `${base}/api/agent/clusters/${encodeURIComponent(clusterId)}/ssh-access/`;
    try {
      const reply = await postJson(url, token, '{}', { timeoutMs: SSH_ACCESS_OVERDUE_MS });
      if (reply.status === 200 && isAccess(reply.body)) {
        this.#known = reply.body;
      } else if ([401, 404, 410].includes(reply.status) && reply.body !== undefined) {
        // The cluster has ended for the server: nobody has a right to it any more.
        this.#known = NOBODY;
      }
    } catch {
      // Away: what was known holds until it is back.
    }
    return this.#known;
  }
}

function isAccess(body: unknown): body is SshAccess {
  const { keys, networks } = (body ?? {}) as Partial<SshAccess>;
  return Array.isArray(keys) && Array.isArray(networks);
}

/** Whether an address is in one of the networks; none given: all are. One that cannot be read has nobody in it. */
export function isFrom(networks: readonly string[], address: string): boolean {
  if (networks.length === 0) {
    return true;
  }
  const list = new BlockList();
  for (const network of networks) {
    const [base, bits] = network.split('/');
    const family = isIP(base!) === 6 ? 'ipv6' : 'ipv4';
    try {
      list.addSubnet(base!, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
    } catch {
      // See above.
    }
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}
