/** A real HTTP server that answers as each test says, mostly badly, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Quarry, type QuarryOptions } from '@quarry/sdk';

export interface Asked {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface PlatformDouble extends AsyncDisposable {
  url: string;
  asked: Asked[];
  client(options?: Partial<QuarryOptions>): Quarry;
}

export type Answer = (request: Asked, response: ServerResponse, count: number) => void | Promise<void>;

/** Starts a server on a free port; `answer` gets each request with how many came before it. */
export async function startDouble(answer: Answer): Promise<PlatformDouble> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) {
        chunks.push(chunk);
      }
    } catch {
      return; // the client went away
    }
    const { method = '', url = '', headers } = request;
    const entry = { method, url, headers, body: Buffer.concat(chunks) };
    asked.push(entry);
    await answer(entry, response, asked.length - 1);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    client: (options = {}) => new Quarry({ baseUrl: url, apiKey: 'abc123', ...options }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
