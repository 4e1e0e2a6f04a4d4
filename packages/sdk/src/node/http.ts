/** Requests over node:http for bodies of any size: exact lengths, no copies through web streams. */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { apiErrorFrom, QuarryError, TimeoutError } from '../errors.ts';
import { ERROR_BODY_BYTES } from '../limits.ts';
import { connectionError } from '../transport.ts';

/** Connections of one transfer; closed with it. */
export interface Connections extends Disposable {
  http: HttpAgent;
  https: HttpsAgent;
}

export function openConnections(): Connections {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });
  return {
    http,
    https,
    [Symbol.dispose]: () => {
      http.destroy();
      https.destroy();
    },
  };
}

export interface RequestOptions {
  method: string;
  headers: Record<string, string>;
  connections: Connections;
  signal: AbortSignal;
}

/** Opens a request to an absolute address; nothing is sent before it is written to or ended. */
export function openRequest(
  url: string,
  { method, headers, connections, signal }: RequestOptions,
): ClientRequest {
  const secure = url.startsWith('https:');
  const agent = secure ? connections.https : connections.http;
  return (secure ? httpsRequest : httpRequest)(url, { method, headers, agent, signal });
}

/** The response to a request that is under way; socket errors come as a `ConnectionError`. */
export function responseTo(request: ClientRequest, url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', (error) => reject(explain(error, request.method, url)));
  });
}

/** Ends a request with a `TimeoutError` once its connection has been silent for so long, body included. */
export function endWhenSilent(request: ClientRequest, timeoutMs: number, url: string): void {
  // The error has to reach whom waits: the response once there is one, else the request.
  let waiting: { destroy(error: Error): unknown } = request;
  request.once('response', (response) => {
    waiting = response;
  });
  request.setTimeout(timeoutMs, () => waiting.destroy(stalled(request.method, url, timeoutMs)));
}

/** What a socket threw, in words; our own errors and aborts stay as they are. */
export function explain(error: unknown, method: string, url: string): unknown {
  if (error instanceof QuarryError || (error instanceof Error && error.name === 'AbortError')) {
    return error;
  }
  return connectionError(error, method, url);
}

/** The error that a refusal stands for, with at most `ERROR_BODY_BYTES` of its body. */
export async function errorOf(response: IncomingMessage, method: string, path: string): Promise<QuarryError> {
  const text = await textOf(response, ERROR_BODY_BYTES);
  const headers = { get: (name: string) => headerOf(response, name) };
  return apiErrorFrom({ status: response.statusCode ?? 0, method, path, headers, text });
}

/** The body as text, cut at `limitBytes`. */
export async function textOf(response: IncomingMessage, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= limitBytes) {
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8');
}

export function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

function stalled(method: string, url: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`${method} ${url}: nothing arrived for ${timeoutMs / 1000} s.`, {
    hint: 'Try again, or allow more with timeoutMs.',
  });
}
