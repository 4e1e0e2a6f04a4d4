import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { randomOffsets } from './cuts.ts';
import { type ProxyOptions, startProxy } from './proxy.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

describe('bytes', () => {
  test('arrive as they were sent, each way, and are counted', async () => {
    const sent = randomBytes(3_000_000);
    await using proxy = await proxyTo(await echoServer());
    const { received } = await exchange(proxy.port, sent);
    expect(sha512(received)).toBe(sha512(sent));
    expect(proxy.stats).toMatchObject({ connections: 1, bytesUp: sent.length, bytesDown: sent.length });
  });

  test('arrive in their order under limits and latency', async () => {
    const sent = randomBytes(400_000);
    await using proxy = await proxyTo(await echoServer(), {
      ratePerConnection: 4_000_000,
      rate: 6_000_000,
      latencyMs: 30,
    });
    const all = await Promise.all([exchange(proxy.port, sent), exchange(proxy.port, sent)]);
    for (const { received } of all) {
      expect(sha512(received)).toBe(sha512(sent));
    }
    expect(proxy.stats.bytesDown).toBe(2 * sent.length);
  });

  test('are not read faster than the far end takes them', async () => {
    let taken: Socket | undefined;
    const target = await listen((socket) => {
      taken = socket.pause();
    });
    await using proxy = await proxyTo(target);
    const client = connect(proxy.port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    const piece = Buffer.alloc(1_000_000);
    // Far more than the buffers of two connections of the kernel hold.
    for (let count = 0; count < 64; count++) {
      client.write(piece);
    }
    await settled(() => proxy.stats.bytesUp);
    expect(proxy.stats.bytesUp).toBeLessThan(40_000_000);
    taken!.resume();
    await settled(() => proxy.stats.bytesUp);
    expect(proxy.stats.bytesUp).toBe(64 * piece.length);
  });

  test('still come back after the client has ended its side', async () => {
    const target = await listen((socket) => {
      let asked = '';
      socket.on('data', (piece) => {
        asked += piece;
      });
      socket.on('end', () => socket.end(`you said ${asked}`));
    });
    await using proxy = await proxyTo(target);
    const { received, error } = await exchange(proxy.port, Buffer.from('hello'));
    expect({ said: String(received), error }).toEqual({ said: 'you said hello', error: null });
  });

  test('that nobody answers end in a broken connection, not in a broken proxy', async () => {
    const closed = await listen(() => {});
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await using proxy = await startProxy({ target: `127.0.0.1:${port}` });
    expect((await exchange(proxy.port, Buffer.from('x'))).received).toHaveLength(0);
    await settled(() => proxy.stats.openConnections);
    expect(proxy.stats.openConnections).toBe(0);
  });
});

describe('a cut', () => {
  test('comes after exactly the bytes asked for, as an end', async () => {
    await using proxy = await proxyTo(await sendingServer(100_000), {
      cuts: { afterBytes: 12_345 },
      cutBy: 'end',
    });
    const { received, error } = await exchange(proxy.port, Buffer.alloc(0));
    expect({ bytes: received.length, error }).toEqual({ bytes: 12_345, error: null });
    expect(proxy.stats.cuts).toEqual([{ up: 0, down: 12_345, exchangeUp: 0, exchangeDown: 12_345 }]);
  });

  test('comes as a reset, and the latency is kept until then', async () => {
    await using proxy = await proxyTo(await sendingServer(100_000), {
      cuts: { afterBytes: 12_345 },
      latencyMs: 20,
    });
    const { received, error } = await exchange(proxy.port, Buffer.alloc(0));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(received.length).toBeLessThanOrEqual(12_345);
    expect(proxy.stats.bytesDown).toBe(12_345);
  });

  test('meets as many connections as it may', async () => {
    await using proxy = await proxyTo(await sendingServer(50_000), {
      cuts: { afterBytes: 1000, times: 2 },
      cutBy: 'end',
    });
    const lengths: number[] = [];
    for (let count = 0; count < 3; count++) {
      lengths.push((await exchange(proxy.port, Buffer.alloc(0))).received.length);
    }
    expect(lengths).toEqual([1000, 1000, 50_000]);
  });

  test('at bytes of the total meets whoever carries them', async () => {
    await using proxy = await proxyTo(await sendingServer(10_000), {
      cuts: { atTotalBytes: [25_000, 4000] },
      cutBy: 'end',
    });
    const lengths: number[] = [];
    for (let count = 0; count < 4; count++) {
      lengths.push((await exchange(proxy.port, Buffer.alloc(0))).received.length);
    }
    expect(lengths).toEqual([4000, 10_000, 10_000, 1000]);
  });

  test('counts what the exchange under way had carried', async () => {
    const target = await listen((socket) => {
      socket.on('data', () => socket.write(Buffer.alloc(1000)));
    });
    await using proxy = await proxyTo(target, { cuts: { afterBytes: 2500 }, cutBy: 'end' });
    const client = connect(proxy.port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    for (let asked = 0; asked < 3; asked++) {
      const answered = proxy.stats.bytesDown;
      client.write('ask');
      await settled(() => proxy.stats.bytesDown - answered);
    }
    expect(proxy.stats.cuts).toEqual([{ up: 9, down: 2491, exchangeUp: 3, exchangeDown: 491 }]);
  });

  test('can be made by hand', async () => {
    const target = await listen(() => {});
    await using proxy = await proxyTo(target);
    const waiting = exchange(proxy.port, Buffer.from('wait'), { half: false });
    await settled(() => proxy.stats.bytesUp);
    expect(proxy.cutAll()).toBe(1);
    expect((await waiting).error).toMatchObject({ code: 'ECONNRESET' });
  });

  test('at random is the same for the same seed, and another for another', () => {
    const offsets = randomOffsets(100, 2 ** 30, 7);
    expect(offsets).toEqual(randomOffsets(100, 2 ** 30, 7));
    expect(offsets).not.toEqual(randomOffsets(100, 2 ** 30, 8));
    expect(new Set(offsets).size).toBe(100);
    expect(offsets.every((offset) => offset >= 0 && offset < 2 ** 30)).toBe(true);
    const mean = offsets.reduce((sum, offset) => sum + offset, 0) / 100;
    expect(mean / 2 ** 30).toBeCloseTo(0.5, 0);
  });
});

describe('a corrupted byte', () => {
  test('is the one at the offset, in its direction only', async () => {
    const sent = randomBytes(200_000);
    await using proxy = await proxyTo(await echoServer(), {
      corruptions: [
        { direction: 'up', offset: 150_000 },
        { direction: 'down', offset: 70_001 },
      ],
    });
    const { received } = await exchange(proxy.port, sent);
    expect(differences(sent, received)).toEqual([70_001, 150_000]);
    expect(proxy.stats.corrupted).toBe(2);
  });

  test('can be of the body of an answer, whatever the heads are and however it is framed', async () => {
    for (const framing of ['length', 'chunked', 'close'] as const) {
      const body = randomBytes(100_000);
      await using server = await httpServer((request, response) => {
        if (request.method === 'HEAD') {
          return response.setHeader('content-length', 5).end();
        }
        if (request.url !== '/body') {
          return response.end('small');
        }
        if (framing === 'length') {
          response.setHeader('content-length', body.length);
        }
        if (framing === 'close') {
          response.useChunkedEncodingByDefault = false;
        }
        response.write(body.subarray(0, 60_000));
        response.end(body.subarray(60_000));
      });
      await using proxy = await startProxy({
        target: `127.0.0.1:${server.port}`,
        corruptions: [{ direction: 'down', body: 2, offset: 70_000 }],
      });
      await ask(proxy.port, 'HEAD', '/');
      expect(String((await ask(proxy.port, 'GET', '/')).body)).toBe('small');
      expect(differences(body, (await ask(proxy.port, 'GET', '/body')).body)).toEqual([70_000]);
      expect(differences(body, (await ask(proxy.port, 'GET', '/body')).body)).toEqual([]);
    }
  });

  test('can be of the body of the n-th request of its size', async () => {
    const bodies: Buffer[] = [];
    await using server = await httpServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) {
        pieces.push(piece);
      }
      bodies.push(Buffer.concat(pieces));
      response.end();
    });
    await using proxy = await startProxy({
      target: `127.0.0.1:${server.port}`,
      corruptions: [{ direction: 'up', body: 2, offset: 10, minBodyBytes: 500 }],
    });
    const [small, large] = [Buffer.alloc(100), Buffer.alloc(1000)];
    for (const body of [large, small, large, large]) {
      await ask(proxy.port, 'POST', '/', body);
    }
    expect(bodies.map((body) => body.findIndex((byte) => byte !== 0))).toEqual([-1, -1, 10, -1]);
  });
});

describe('the program', () => {
  test('listens, passes on, and tells what went through', async () => {
    const { port } = (await sendingServer(50_000)).address() as AddressInfo;
    const program = [MAIN, '--target', `127.0.0.1:${port}`, '--json', '--cut-by', 'end'];
    const child = spawn(
      process.execPath,
      [...program, '--cut-at-random', '1', '--cut-within', '40kB', '--seed', '3', '--rate', '50MB'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const offset = randomOffsets(1, 40_000, 3)[0]!;
    const { received } = await exchange(JSON.parse(String(line)).port, Buffer.alloc(0));
    expect(received).toHaveLength(offset);
    const said = text(child.stdout);
    child.kill('SIGTERM');
    expect(JSON.parse(await said)).toMatchObject({ connections: 1, bytesDown: offset, cuts: [{}] });
  });

  test('refuses in words what it does not understand', async () => {
    const child = spawn(process.execPath, [MAIN, '--target', '127.0.0.1:1', '--rate', 'fast'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = text(child.stderr);
    const [code] = await once(child, 'exit');
    expect(code).toBe(2);
    expect(await said).toMatch(/^fast is not a size such as 8\.4MB or 1MiB\.\nUsage: /);
  });
});

function proxyTo(server: Server, options: Omit<ProxyOptions, 'target'> = {}) {
  return startProxy({ target: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...options });
}

async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of open) {
      socket.destroy();
    }
  });
  return server;
}

function echoServer(): Promise<Server> {
  return listen((socket) => void socket.pipe(socket));
}

function sendingServer(bytes: number): Promise<Server> {
  return listen((socket) => void socket.end(Buffer.alloc(bytes, 'x')));
}

async function httpServer(
  answer: Parameters<typeof createHttpServer>[1] & {},
): Promise<AsyncDisposable & { port: number }> {
  const server = createHttpServer(answer as never);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends, ends its side unless told otherwise, and collects until the other end or an error. */
function exchange(
  port: number,
  sent: Buffer,
  { half = true } = {},
): Promise<{ received: Buffer; error: Error | null }> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let error: Error | null = null;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('error', (cause) => {
      error = cause;
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve({ received: Buffer.concat(pieces), error }));
    socket.write(sent);
    if (half && sent.length > 0) {
      socket.end();
    }
  });
}

function ask(port: number, method: string, path: string, body?: Buffer): Promise<{ body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', method, path }, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) {
        pieces.push(piece);
      }
      resolve({ body: Buffer.concat(pieces) });
    });
    request.once('error', reject);
    request.end(body);
  });
}

/** Waits until a number is above zero and has not changed for a while; for what never comes to rest the test ends. */
async function settled(read: () => number): Promise<void> {
  let same = 0;
  for (let last = read(), looks = 0; same < 10 && looks < 400; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

function differences(one: Buffer, two: Buffer): number[] {
  expect(two.length).toBe(one.length);
  return [...one.keys()].filter((at) => one[at] !== two[at]);
}

function sha512(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex');
}
