/**
 * One origin for a page: the sources of the SDK as a browser takes them, and everything below `/api/` from a platform,
 * over a line that can be held or cut.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PAGE = new URL('./browser-page.html', import.meta.url);
const SDK = new URL('../../packages/sdk/src/', import.meta.url);
const HASHES = pathToFileURL(createRequire(new URL('index.ts', SDK)).resolve('@noble/hashes/sha2.js'));

type Direction = 'up' | 'down';

interface Obstacle {
  direction: Direction;
  /** Bytes of files that get through before. */
  afterBytes: number;
  /** Hold: nothing moves until `release`. Cut: the connection breaks, once. */
  kind: 'hold' | 'cut';
  met: () => void;
}

export interface BrowserOrigin extends AsyncDisposable {
  url: string;
  /** Bytes of files that went through. */
  bytes: Record<Direction, number>;
  /** Resolves when so many more bytes have gone through and the line is held or was cut. */
  obstruct(kind: Obstacle['kind'], direction: Direction, afterBytes: number): Promise<void>;
  /** Lets everything go on. */
  release(): void;
}

/** Starts the origin on a free port. */
export async function startBrowserOrigin(platformUrl: string): Promise<BrowserOrigin> {
  const bytes = { up: 0, down: 0 };
  let obstacle: Obstacle | null = null;
  let open: () => void = () => {};
  let held: Promise<void> | null = null;

  /** Answers whether the connection may go on. */
  const passes = async (direction: Direction, count: number): Promise<boolean> => {
    if (held !== null) {
      await held;
    }
    bytes[direction] += count;
    if (obstacle?.direction !== direction || bytes[direction] < obstacle.afterBytes) {
      return true;
    }
    const { kind, met } = obstacle;
    obstacle = null;
    if (kind === 'hold') {
      held = new Promise((resolve) => {
        open = resolve;
      });
    }
    met();
    if (held === null) {
      return false;
    }
    await held;
    return true;
  };

  const forward = (from: IncomingMessage, to: ServerResponse) => {
    const target = new URL(from.url ?? '/', platformUrl);
    const { host: _ours, ...headers } = from.headers;
    const onward = request(target, { method: from.method ?? 'GET', headers }, async (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      to.flushHeaders();
      const isFile = from.method === 'GET' && target.pathname.endsWith('/contents/');
      await pump(answer, to, async (count) => !isFile || passes('down', count)).catch(() => to.destroy());
    });
    onward.on('error', () => to.destroy());
    to.on('close', () => onward.destroy());
    const isPart = from.method === 'PATCH';
    pump(from, onward, async (count) => !isPart || passes('up', count)).catch(() => from.destroy());
  };

  const server = createServer((from, to) => {
    const { pathname } = new URL(from.url ?? '/', platformUrl);
    if (pathname.startsWith('/api/')) {
      return forward(from, to);
    }
    serve(pathname).then(
      ({ type, text }) => to.writeHead(200, { 'content-type': type }).end(text),
      () => to.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes,
    obstruct: (kind, direction, afterBytes) =>
      new Promise((met) => {
        obstacle = { kind, direction, afterBytes: bytes[direction] + afterBytes, met };
      }),
    release: () => {
      held = null;
      open();
    },
    [Symbol.asyncDispose]: async () => {
      open();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pump(
  from: IncomingMessage,
  to: NodeJS.WritableStream,
  passes: (count: number) => Promise<boolean>,
): Promise<void> {
  await pipeline(
    from,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        if (!(await passes(chunk.byteLength))) {
          throw new Error('The connection was cut.');
        }
        yield chunk;
      }
    },
    to,
  );
}

async function serve(pathname: string): Promise<{ type: string; text: string }> {
  const type = 'text/javascript';
  if (pathname.startsWith('/sdk/')) {
    const text = await readFile(fileURLToPath(new URL(pathname.slice('/sdk/'.length), SDK)), 'utf8');
    return { type, text: stripTypeScriptTypes(text) };
  }
  if (pathname.startsWith('/hashes/')) {
    const path = fileURLToPath(new URL(pathname.slice('/hashes/'.length), HASHES));
    return { type, text: await readFile(path, 'utf8') };
  }
  if (pathname === '/') {
    return { type: 'text/html', text: await readFile(PAGE, 'utf8') };
  }
  throw new Error(`There is no ${pathname}.`);
}
