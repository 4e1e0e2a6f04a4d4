import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ConnectionError } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { BufferWriter } from './body-writer.ts';
import { PlainConnection, Unsuitable } from './plain-connection.ts';

const content = randomBytes(200_000);

interface RawServer extends AsyncDisposable {
  origin: string;
  connections: number;
  requests: string[];
}

/** A server of bare TCP: `answer` writes whatever it likes. */
async function startRaw(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    raw.connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      raw.requests.push(String(chunk));
      answer(socket, String(chunk));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const raw: RawServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: 0,
    requests: [],
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return raw;
}

function headFor(start: number, end: number, more = ''): string {
  return `HTTP/1.1 206 Partial Content\r\nContent-Length: ${end - start}\r\nCONTENT-RANGE:bytes ${start}-${end - 1}/${content.byteLength}\r\n${more}\r\n`;
}

async function fetchRange(connection: PlainConnection, start: number, end: number): Promise<Uint8Array> {
  const writer = new BufferWriter(end - start);
  await connection.get({
    target: '/bytes?x=1',
    headers: { accept: '*/*', range: `bytes=${start}-${end - 1}` },
    range: { start, end },
    sizeBytes: content.byteLength,
    validator: '"one"',
    writer,
    signal: new AbortController().signal,
  });
  return writer.bytes;
}

test('several ranges arrive over one connection', async () => {
  await using server = await startRaw((socket, request) => {
    const [, start, last] = /range: bytes=(\d+)-(\d+)/.exec(request) ?? [];
    const [from, to] = [Number(start), Number(last) + 1];
    socket.write(Buffer.concat([Buffer.from(headFor(from, to)), content.subarray(from, to)]));
  });
  using connection = new PlainConnection(server.origin, 1000);
  for (const [start, end] of [
    [0, 150_000],
    [150_000, 150_001],
    [150_001, 200_000],
  ] as const) {
    expect(Buffer.from(await fetchRange(connection, start, end)).equals(content.subarray(start, end))).toBe(
      true,
    );
  }
  expect(server.connections).toBe(1);
  expect(server.requests[0]).toBe(
    `GET /bytes?x=1 HTTP/1.1\r\naccept: */*\r\nrange: bytes=0-149999\r\nhost: ${new URL(server.origin).host}\r\n\r\n`,
  );
});

test('a head that comes a few bytes at a time is understood', async () => {
  await using server = await startRaw(async (socket) => {
    const head = headFor(0, 1000);
    for (let at = 0; at < head.length; at += 7) {
      socket.write(head.slice(at, at + 7));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    socket.write(content.subarray(0, 1000));
  });
  using connection = new PlainConnection(server.origin, 1000);
  expect(Buffer.from(await fetchRange(connection, 0, 1000)).equals(content.subarray(0, 1000))).toBe(true);
});

test.each([
  ['another status', 'HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n'],
  ['another range', headFor(1, 1001)],
  ['another file', headFor(0, 1000, 'ETag: "two"\r\n')],
  ['an encoded body', headFor(0, 1000, 'Content-Encoding: gzip\r\n')],
  ['a connection that ends', headFor(0, 1000, 'Connection: close\r\n')],
  ['more than the range', headFor(0, 1000) + 'x'.repeat(1001)],
  ['an endless head', `HTTP/1.1 206 Partial Content\r\nx: ${'y'.repeat(70_000)}`],
  ['no HTTP at all', 'hello\r\n\r\n'],
])('%s is left to a full client', async (_name, answer) => {
  await using server = await startRaw((socket) => socket.write(answer));
  using connection = new PlainConnection(server.origin, 1000);
  await expect(fetchRange(connection, 0, 1000)).rejects.toThrow(Unsuitable);
  expect(connection.isUsable).toBe(false);
});

test('a connection that closes in the middle, or falls silent, says so', async () => {
  await using closing = await startRaw((socket) => socket.end(headFor(0, 1000)));
  using first = new PlainConnection(closing.origin, 1000);
  await expect(fetchRange(first, 0, 1000)).rejects.toThrow(ConnectionError);
  await using silent = await startRaw((socket) => socket.write(headFor(0, 1000)));
  using second = new PlainConnection(silent.origin, 100);
  await expect(fetchRange(second, 0, 1000)).rejects.toThrow('nothing arrived for 0.1 s');
});
