/** The server's endpoints for outputs, each asked once; see `@quarry/contract` deliveries.ts. */
import { createReadStream } from 'node:fs';
import type { ClusterFile, Deliverable, Delivery } from '@quarry/contract';
import { type Reply, sendRequest } from '../exchange/http.ts';
import { readServerUrl } from '../exchange/server-url.ts';
import { DELIVERY_STALL_MS } from '../limits.ts';

const LINE_FEED = Buffer.from('\n');
const READ_BYTES = 1024 * 1024;

/** The server does not take it, whatever is tried. */
export class DeliveryRefusedError extends Error {}

export class DeliveryServer {
  readonly #cluster: Pick<ClusterFile, 'clusterId' | 'token' | 'serverUrl' | 'serverFile'>;
  #answeredAtMs = Number.NEGATIVE_INFINITY;

  constructor(cluster: Pick<ClusterFile, 'clusterId' | 'token' | 'serverUrl' | 'serverFile'>) {
    this.#cluster = cluster;
  }

  /** When it answered last, by `performance.now`, whatever it said. */
  get answeredAtMs(): number {
    return this.#answeredAtMs;
  }

  /** How much of each file it has. */
  async ask(files: readonly Deliverable[], signal: AbortSignal): Promise<Delivery[]> {
    const body = Buffer.from(JSON.stringify({ files }));
    const reply = await this.#send('POST', '', [body], {
      signal,
      type: 'application/json',
      length: body.length,
    });
    return (reply.body as { files: Delivery[] }).files;
  }

  /** Brings small files together. */
  async bringMany(
    files: readonly (Deliverable & { bytes: Buffer })[],
    signal: AbortSignal,
  ): Promise<Delivery[]> {
    const head = files.map(({ sha512, sizeBytes }) => ({ sha512, sizeBytes }));
    const pieces = [Buffer.from(JSON.stringify(head)), LINE_FEED, ...files.map(({ bytes }) => bytes)];
    const length = pieces.reduce((total, { length: bytes }) => total + bytes, 0);
    const reply = await this.#send('POST', 'batch/', pieces, { signal, length });
    return (reply.body as { files: Delivery[] }).files;
  }

  /** Brings an open file from an offset on. */
  async bring(fd: number, file: Deliverable, offset: number, signal: AbortSignal): Promise<Delivery> {
    const { sha512, sizeBytes } = file;
    const length = sizeBytes - offset;
    const bytes =
      length === 0
        ? []
        : createReadStream('', {
            ...{ fd, autoClose: false, highWaterMark: READ_BYTES },
            ...{ start: offset, end: sizeBytes - 1 },
          });
    const query = `?sizeBytes=${sizeBytes}&offset=${offset}`;
    const reply = await this.#send('PATCH', `${sha512}/${query}`, bytes, { signal, length });
    return reply.body as Delivery;
  }

  async #send(
    method: 'POST' | 'PATCH',
    path: string,
    body: Iterable<Buffer> | AsyncIterable<Buffer>,
    { signal, length, type }: { signal: AbortSignal; length: number; type?: string },
  ): Promise<Reply> {
    const { clusterId, token, serverUrl } = this.#cluster;
    const base = (readServerUrl(this.#cluster) ?? serverUrl).replace(/\/+$/, '');
    const url = `${base}/api/agent/clusters/${encodeURIComponent(clusterId)}/deliveries/${path}`;
    const reply = await sendRequest(
      { method, url, token, type: type ?? 'application/octet-stream', length, isTransfer: true },
      body,
      { stallMs: DELIVERY_STALL_MS, signal },
    );
    // A page is that of a proxy before it.
    if (reply.body !== undefined) {
      this.#answeredAtMs = performance.now();
    }
    if (reply.status === 200 && reply.body !== undefined) {
      return reply;
    }
    if (reply.body !== undefined && reply.status === STORAGE_FULL) {
      throw new DeliveryRefusedError('there was no space left to store it');
    }
    throw new ServerTroubleError(reply);
  }
}

const STORAGE_FULL = 507;

/** An answer that is none, or tells of trouble that may pass. */
export class ServerTroubleError extends Error {
  readonly #status: number;
  readonly #isOfServer: boolean;

  constructor({ status, body }: Reply) {
    const said = (body as { detail?: string } | undefined)?.detail;
    super(`the server answered ${status}${said === undefined ? '' : `: ${said}`}`);
    this.#status = status;
    this.#isOfServer = body !== undefined;
  }

  /**
   * Whether the server itself, and not a proxy before it that does not find it, refuses what was sent. One that has another count of
   * bytes is asked for it. Whether the cluster has ended for the server is for the exchange to find out.
   */
  get isRefusal(): boolean {
    const status = this.#status;
    return this.#isOfServer && status >= 400 && status < 500 && ![408, 409, 429].includes(status);
  }
}
