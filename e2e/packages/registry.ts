/** A registry that passes everything on to the one that is configured, and remembers what it was asked for. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

export interface RecordingRegistry extends AsyncDisposable {
  url: string;
  /** Names of packages that were asked for, in the order of the requests. */
  names: string[];
}

/** What a client sends that the registry behind should see. */
const PASSED_ON = ['accept', 'user-agent'];

export async function startRegistry(): Promise<RecordingRegistry> {
  const configured = (await promisify(execFile)('npm', ['config', 'get', 'registry'])).stdout.trim();
  const names: string[] = [];
  const server = createServer((request, response) => {
    names.push(nameIn(request.url!));
    passOn(request, response, configured).catch((error: Error) => {
      response.statusCode = 502;
      response.end(error.message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    names,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** `@scope/name` or `name` of `/@scope%2fname`, `/name` and `/name/-/name-1.0.0.tgz`. */
function nameIn(url: string): string {
  const [first, second] = decodeURIComponent(url).slice(1).split('/');
  return first!.startsWith('@') ? `${first}/${second}` : first!;
}

async function passOn(request: IncomingMessage, response: ServerResponse, to: string): Promise<void> {
  const headers = PASSED_ON.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
  const answer = await fetch(new URL(request.url!.slice(1), to), { method: request.method!, headers });
  response.statusCode = answer.status;
  response.setHeader('content-type', answer.headers.get('content-type') ?? 'application/octet-stream');
  response.end(Buffer.from(await answer.arrayBuffer()));
}
