import type { ClientRequest, IncomingMessage } from 'node:http';
import { ANSWER_BYTES } from '../limits.ts';

// `import 'node:http'` would read every export, and with them a WebSocket client that takes 25 ms to load.
const http = process.getBuiltinModule('node:http');
const connections = new http.Agent({ keepAlive: true, maxSockets: 8 });
let secureConnections: import('node:https').Agent | null = null;

/** Starts a request on a kept connection; the caller ends it and handles its errors. */
export function startRequest(
  url: string,
  options: { method: string; headers: Record<string, string | number>; signal?: AbortSignal },
): ClientRequest {
  if (!url.startsWith('https:')) {
    return http.request(url, { ...options, agent: connections });
  }
  const https = process.getBuiltinModule('node:https');
  secureConnections ??= new https.Agent({ keepAlive: true, maxSockets: 8 });
  return https.request(url, { ...options, agent: secureConnections });
}

/** Closes the kept connections, so that the process can end. */
export function closeConnections(): void {
  connections.destroy();
  secureConnections?.destroy();
}

export interface Reply {
  status: number;
  /** Parsed JSON; undefined when the body is something else, so that it did not come from our server. */
  body: unknown;
}

interface PostOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Posts JSON and reads the JSON reply; rejects when the connection fails or nothing comes within `timeoutMs`. */
export function postJson(url: string, token: string, body: string, options: PostOptions): Promise<Reply> {
  return post(url, token, { bytes: Buffer.from(body), type: 'application/json' }, options);
}

/** The same with bytes of any kind. */
export function postBytes(url: string, token: string, bytes: Buffer, options: PostOptions): Promise<Reply> {
  return post(url, token, { bytes, type: 'application/octet-stream' }, options);
}

function post(
  url: string,
  token: string,
  { bytes, type }: { bytes: Buffer; type: string },
  { timeoutMs, signal }: PostOptions,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': type,
      'content-length': bytes.length,
    };
    const request = startRequest(url, { method: 'POST', headers, signal });
    const overdue = setTimeout(
      () => request.destroy(new Error(`No answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const settle = (act: () => void) => {
      clearTimeout(overdue);
      act();
    };
    request.on('error', (error) => settle(() => reject(error)));
    request.on('response', (response) => {
      readBody(response).then(
        (text) => settle(() => resolve({ status: response.statusCode!, body: parseJson(response, text) })),
        (error) => settle(() => reject(error)),
      );
    });
    request.end(bytes);
  });
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > ANSWER_BYTES) {
        response.destroy(new Error(`The answer is larger than ${ANSWER_BYTES} bytes`));
      }
      chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('The answer was cut off')));
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

function parseJson(response: IncomingMessage, text: string): unknown {
  if (!response.headers['content-type']?.includes('json')) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
