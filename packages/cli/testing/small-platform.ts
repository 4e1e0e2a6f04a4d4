import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** The connection breaks when so many bytes of the body have been sent. */
  cutAfterBytes?: number;
}
export type Route = (request: { url: URL; headers: IncomingMessage['headers']; body: string }) => Answer;

/** A real HTTP server whose answers a test decides, for what the real platform cannot be made to do. */
export interface SmallPlatform extends AsyncDisposable {
  url: string;
  /** Variables that lead `quarry` here. */
  environment: Record<string, string>;
  /** `METHOD /path` of every request, in order. */
  requests: string[];
}

/** Routes are keyed by `METHOD /path`, without a query; anything else answers 404. */
export async function startSmallPlatform(routes: Record<string, Route>): Promise<SmallPlatform> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const key = `${request.method} ${url.pathname}`;
    requests.push(key);
    const answer = routes[key]?.({
      url,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    });
    send(response, answer ?? { status: 404, body: { detail: 'Not found.' } });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    environment: { RESCALE_API_BASE_URL: url, RESCALE_API_KEY: 'a'.repeat(40) },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A list as the API sends it. */
export const page = (results: unknown[]) => ({ count: results.length, next: null, previous: null, results });

/** What a submission asks for before it sends anything: one core type, one software, prices in USD. */
export const catalogue: Record<string, Route> = {
  'GET /api/v2/coretypes/': () => ({
    body: page([{ code: 'pumice', name: 'Pumice', cores: [1, 2], price: 0.03, lowPriorityPrice: '0.02' }]),
  }),
  'GET /api/v2/analyses/': () => ({ body: page([{ code: 'user_included', name: 'Own', versions: [] }]) }),
  'GET /api/v2/billing/computeprices/': () => ({ body: [{ value: { amount: '0.03', currency: 'USD' } }] }),
  'GET /api/v2/users/me/': () => ({ body: { maxJobHours: 10 } }),
};

function send(response: ServerResponse, { status = 200, headers = {}, body, cutAfterBytes }: Answer): void {
  if (body instanceof Uint8Array && cutAfterBytes !== undefined) {
    response.writeHead(status, { 'content-length': String(body.length), ...headers });
    response.write(body.subarray(0, cutAfterBytes), () => response.destroy());
    return;
  }
  if (body instanceof Uint8Array) {
    response.writeHead(status, { 'content-type': 'application/octet-stream', ...headers }).end(body);
  } else {
    const text = body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  }
}
