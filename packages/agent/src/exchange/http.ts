import type { ClientRequest, IncomingMessage } from 'node:http';
import { ANSWER_BYTES } from '../limits.ts';

// `import 'node:http'` would read every export, and with them a WebSocket client that takes 25 ms to load.
const http = process.getBuiltinModule('node:http');
const KEPT = { keepAlive: true, maxSockets: 8 };

/** The exchange must not wait for files that take hours on their way: these have connections of their own. */
type Use = 'exchange' | 'transfer';
const connections: Record<Use, import('node:http').Agent> = {
  exchange: new http.Agent(KEPT),
  transfer: new http.Agent(KEPT),
};
const secureConnections: Partial<Record<Use, import('node:https').Agent>> = {};

interface RequestOptions {
  method: string;
  headers: Record<string, string | number>;
  signal?: AbortSignal;
}

/** Starts the transfer of a file on a kept connection; the caller ends it and handles its errors. */
export function startTransfer(url: string, options: RequestOptions): ClientRequest {
  return startRequest(url, options, 'transfer');
}

function startRequest(url: string, options: RequestOptions, use: Use): ClientRequest {
  if (!url.startsWith('https:')) {
    return http.request(url, { ...options, agent: connections[use] });
  }
  const https = process.getBuiltinModule('node:https');
  secureConnections[use] ??= new https.Agent(KEPT);
  return https.request(url, { ...options, agent: secureConnections[use] });
}

/** Closes the kept connections, so that the process can end. */
export function closeConnections(): void {
  for (const agent of [...Object.values(connections), ...Object.values(secureConnections)]) {
    agent.destroy();
  }
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
  options: PostOptions,
): Promise<Reply> {
  return sendRequest({ method: 'POST', url, token, type, length: bytes.length }, [bytes], options);
}

export interface RequestHead {
  method: string;
  url: string;
  token: string;
  /** Media type of the body. */
  type?: string;
  /** Bytes of the body. */
  length: number;
  /** Whether it is about files, and so may take long. */
  isTransfer?: boolean;
}

/**
 * Sends a body and reads the JSON reply, which may come before the whole body is sent. Rejects when the connection fails,
 * when there is no reply within `timeoutMs`, and when nothing moves for `stallMs`.
 */
export function sendRequest(
  { method, url, token, type, length, isTransfer = false }: RequestHead,
  body: Iterable<Buffer> | AsyncIterable<Buffer>,
  { timeoutMs, stallMs, signal }: { timeoutMs?: number; stallMs?: number; signal?: AbortSignal },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(type !== undefined && { 'content-type': type }),
      'content-length': length,
    };
    const use = isTransfer ? 'transfer' : 'exchange';
    const request = startRequest(url, { method, headers, signal }, use);
    const overdue =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => request.destroy(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs);
    if (stallMs !== undefined) {
      request.setTimeout(stallMs, () => request.destroy(new Error(`Nothing moved for ${stallMs} ms`)));
    }
    let isAnswered = false;
    const settle = (act: () => void) => {
      isAnswered = true;
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
    if (Array.isArray(body) && body.length === 1) {
      request.end(body[0]);
    } else {
      writeBody(request, body, { length, isAnswered: () => isAnswered }).catch((error) =>
        request.destroy(error as Error),
      );
    }
  });
}

/** Writes as fast as the connection takes it. */
async function writeBody(
  request: ClientRequest,
  body: Iterable<Buffer> | AsyncIterable<Buffer>,
  { length, isAnswered }: { length: number; isAnswered: () => boolean },
): Promise<void> {
  let written = 0;
  for await (const piece of body) {
    if (isAnswered()) {
      request.destroy();
      return;
    }
    written += piece.length;
    if (!request.write(piece)) {
      await new Promise<void>((resolve) => {
        const go = () => {
          request.off('drain', go);
          request.off('close', go);
          resolve();
        };
        request.once('drain', go);
        request.once('close', go);
      });
    }
  }
  if (written < length) {
    throw new Error(`There were ${written} bytes instead of ${length}`);
  }
  request.end();
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
