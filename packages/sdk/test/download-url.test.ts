/** Downloads from servers that are not ours, and that serve badly. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApiError,
  ConnectionError,
  IntegrityError,
  InvalidResponseError,
  QuarryError,
  RateLimitError,
  type TransferEvent,
} from '@quarry/sdk';
import { type DownloadUrlOptions, downloadUrl } from '@quarry/sdk/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ByteServerOptions,
  rangeHeaders,
  rangeOf,
  serve,
  sha512Of,
  startByteServer,
} from './byte-server.ts';
import { startDouble } from './platform-double.ts';

const MIB = 1024 * 1024;
const content = randomBytes(5 * MIB + 4321);
const etag = { etag: '"first"' };
let directory: string;
const target = () => join(directory, 'file.bin');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-url-'));
});
afterEach(() => rm(directory, { recursive: true }));

const start = (options: Partial<ByteServerOptions> = {}) => startByteServer({ content, ...options });

async function fetchFrom(server: { url: string }, options: DownloadUrlOptions = {}) {
  const events: TransferEvent[] = [];
  const onEvent = (event: TransferEvent) => events.push(event);
  const result = await downloadUrl(`${server.url}/some/file.bin`, target(), { onEvent, ...options });
  const found = await readFile(target());
  expect(await readdir(directory)).toEqual(['file.bin']);
  return { result, found, events, types: new Set(events.map(({ type }) => type)) };
}

describe('a server of any make', () => {
  test('with ranges is asked for several at once, and verified where a digest is given', async () => {
    await using server = await start({ headers: etag });
    const sha512 = sha512Of(content).toUpperCase();
    const { result, found } = await fetchFrom(server, { streams: 3, sha512 });
    expect(found.equals(content)).toBe(true);
    expect(result).toMatchObject({
      verified: true,
      sizeBytes: content.byteLength,
      sha512: sha512.toLowerCase(),
    });
    expect(server.ranges().length).toBeGreaterThan(3);
    expect(server.asked.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
    expect(server.asked.slice(1).every(({ headers }) => headers['if-range'] === '"first"')).toBe(true);
  });

  test('without a digest is believed, and its date becomes that of the file', async () => {
    await using server = await start({ headers: { 'last-modified': 'Sat, 03 Jan 2015 10:20:30 GMT' } });
    const { result } = await fetchFrom(server);
    expect(result.verified).toBe(false);
    expect(result.sha512).toBe(sha512Of(content));
    expect((await stat(target())).mtime.toISOString()).toBe('2015-01-03T10:20:30.000Z');
  });

  test('with another digest or size than given is refused, and nothing is kept', async () => {
    await using server = await start();
    await expect(fetchFrom(server, { sha512: 'ab'.repeat(64) })).rejects.toThrow(IntegrityError);
    await expect(fetchFrom(server, { sizeBytes: 5 })).rejects.toThrow(IntegrityError);
    expect(await readdir(directory)).toEqual([]);
  });

  test('without ranges is read to the end by one stream', async () => {
    await using server = await start({
      misbehave: (_request, response) => {
        response.writeHead(200, { 'content-length': content.byteLength }).end(content);
        return true;
      },
    });
    expect((await fetchFrom(server, { streams: 4 })).found.equals(content)).toBe(true);
    expect(server.ranges()).toHaveLength(1);
  });

  test.each([0, 1, 700_000])('without Content-Length is streamed to the end, with %i bytes', async (size) => {
    const part = content.subarray(0, size);
    await using server = await start({
      misbehave: (_request, response) => {
        response.writeHead(200);
        response.write(part.subarray(0, 1000));
        response.end(part.subarray(1000));
        return true;
      },
    });
    const { found, result } = await fetchFrom(server);
    expect(found.equals(part)).toBe(true);
    expect(result.sizeBytes).toBe(size);
  });

  test('without Content-Length that breaks in the middle is begun anew', async () => {
    await using server = await start({
      misbehave: (_request, response, count) => {
        response.writeHead(200);
        if (count > 0) {
          response.end(content);
        } else {
          response.write(content.subarray(0, 2 * MIB), () => setTimeout(() => response.destroy(), 50));
        }
        return true;
      },
    });
    const { found, types } = await fetchFrom(server);
    expect(found.equals(content)).toBe(true);
    expect(types).toContain('retry');
  });

  test('of HTTP/1.0 that closes after each answer is read as well', async () => {
    await using server = await startRaw((asked) => {
      expect(asked).toContain('GET /some/file.bin HTTP/1.1');
      return Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\nContent-Type: x/y\r\n\r\n'), content]);
    });
    expect((await fetchFrom(server)).found.equals(content)).toBe(true);
  });

  test('with nothing in the file gives an empty one', async () => {
    await using server = await start({
      misbehave: (_request, response) => {
        response.writeHead(416, { 'content-range': 'bytes */0' }).end();
        return true;
      },
    });
    expect((await fetchFrom(server)).found.byteLength).toBe(0);
  });

  test('that answers fewer bytes than asked for is asked for the rest', async () => {
    await using server = await start({
      misbehave: (request, response) => {
        const [from, to] = rangeOf(request, content);
        const end = Math.min(to, from + 400_000);
        response.writeHead(206, rangeHeaders(from, end, content)).end(content.subarray(from, end + 1));
        return true;
      },
    });
    expect((await fetchFrom(server)).found.equals(content)).toBe(true);
  });

  test('that does not know the size of what it serves in parts is asked for the whole', async () => {
    await using server = await start({
      misbehave: (request, response) => {
        if (request.headers.range === undefined) {
          return false;
        }
        const [from, to] = rangeOf(request, content);
        response.writeHead(206, { 'content-range': `bytes ${from}-${to}/*` });
        response.end(content.subarray(from, to + 1));
        return true;
      },
    });
    expect((await fetchFrom(server)).found.equals(content)).toBe(true);
  });
});

describe('a server that is wrong', () => {
  const lie = (headers: (from: number, to: number) => Record<string, string | number>) =>
    start({
      misbehave: (request, response) => {
        const [from, to] = rangeOf(request, content);
        response.writeHead(206, headers(from, to)).end(content.subarray(from, to + 1));
        return true;
      },
    });

  test.each([
    ['names another range', (from: number, to: number) => rangeHeaders(from + 1, to + 1, content)],
    ['names no range', () => ({})],
  ])('and %s is refused', async (_name, headers) => {
    await using server = await lie(headers);
    await expect(fetchFrom(server)).rejects.toThrow(IntegrityError);
    expect(await readdir(directory)).toEqual([]);
  });

  test('and sends compressed parts is refused', async () => {
    await using server = await lie((from, to) => ({
      ...rangeHeaders(from, to, content),
      'content-encoding': 'gzip',
    }));
    await expect(fetchFrom(server)).rejects.toThrow(InvalidResponseError);
  });

  test('and promises more than it sends is a ConnectionError after the attempts', async () => {
    await using server = await startRaw(() =>
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly these'),
    );
    await expect(fetchFrom(server, { maxRetries: 1 })).rejects.toThrow(ConnectionError);
    expect(await readdir(directory)).toEqual([]);
  });

  test('and sends more than it promises is read as far as it promised', async () => {
    await using server = await startRaw(() =>
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour and more'),
    );
    expect((await fetchFrom(server)).found.toString()).toBe('four');
  });

  test('and sends more than the caller knows there is is refused', async () => {
    await using server = await startRaw(() => Buffer.from('HTTP/1.1 200 OK\r\n\r\nfour and more'));
    await expect(fetchFrom(server, { sizeBytes: 4 })).rejects.toThrow('more bytes than the file has');
  });

  test('and answers 416 is refused in its own words', async () => {
    await using server = await start({
      misbehave: (_request, response) => {
        response.writeHead(416, { 'content-type': 'application/json' }).end('{"detail":"Not that part."}');
        return true;
      },
    });
    await expect(fetchFrom(server)).rejects.toThrow('Not that part.');
    expect(await readdir(directory)).toEqual([]);
  });

  test('and redirects in a circle, or to what is no web address, is refused', async () => {
    await using circle = await startDouble((_request, response) => {
      response.writeHead(302, { location: '/again' }).end();
    });
    await expect(fetchFrom(circle, { maxRetries: 0 })).rejects.toThrow('redirects more than');
    await using elsewhere = await startDouble((_request, response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    });
    await expect(fetchFrom(elsewhere, { maxRetries: 0 })).rejects.toThrow('no http or https address');
  });

  test('falls silent in one range: another stream takes over what is left', async () => {
    let isSilent = false;
    await using server = await start({
      headers: etag,
      misbehave: (request, response, count) => {
        if (count !== 2) {
          return false;
        }
        isSilent = true;
        const [from, to] = rangeOf(request, content);
        response.writeHead(206, { ...etag, ...rangeHeaders(from, to, content) });
        response.write(content.subarray(from, from + 1000));
        return true;
      },
    });
    const { found } = await fetchFrom(server, { streams: 3, timeoutMs: 60_000 });
    expect(isSilent).toBe(true);
    expect(found.equals(content)).toBe(true);
  });
});

describe('a server that is busy', () => {
  test('by 429 or 503 is waited for as long as it asks', async () => {
    await using server = await start({
      misbehave: (_request, response, count) => {
        if (count !== 0 && count !== 3) {
          return false;
        }
        response.writeHead(count === 0 ? 503 : 429, { 'retry-after': '1' }).end();
        return true;
      },
    });
    const { found, events } = await fetchFrom(server, { streams: 4 });
    expect(found.equals(content)).toBe(true);
    const waits = events.flatMap((event) => (event.type === 'retry' ? [event.waitMs] : []));
    expect(waits.length).toBe(2);
    expect(waits.every((milliseconds) => milliseconds >= 1000)).toBe(true);
  });

  test('for longer than anybody waits is told to the caller', async () => {
    await using server = await start({
      misbehave: (_request, response) => {
        response.writeHead(429, { 'retry-after': '3600' }).end();
        return true;
      },
    });
    await expect(fetchFrom(server)).rejects.toThrow(RateLimitError);
  });

  test('with many connections gets fewer', async () => {
    let open = 0;
    let most = 0;
    await using server = await start({
      headers: etag,
      misbehave: (request, response, count) => {
        if (open >= 2) {
          response.writeHead(503).end();
          return true;
        }
        open += 1;
        most = Math.max(most, open);
        response.once('close', () => {
          open -= 1;
        });
        setTimeout(() => serve(content, request, response, etag), count > 1 ? 30 : 0);
        return true;
      },
    });
    expect((await fetchFrom(server, { streams: 4, maxRetries: 20 })).found.equals(content)).toBe(true);
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('a file that changes while it is fetched', () => {
  const changing = (changes: (count: number) => number) =>
    start({
      misbehave: (request, response, count) => {
        const version = changes(count);
        const bytes = Buffer.concat([content.subarray(version), content.subarray(0, version)]);
        const headers = { etag: `"v${version}"` };
        const isSame = (request.headers['if-range'] ?? headers.etag) === headers.etag;
        if (!isSame) {
          response.writeHead(200, { ...headers, 'content-length': bytes.byteLength }).end(bytes);
        } else {
          serve(bytes, request, response, headers);
        }
        return true;
      },
    });

  test('is begun anew once, and said', async () => {
    await using server = await changing((count) => Math.min(count, 1));
    const { found, types } = await fetchFrom(server, { streams: 2 });
    expect(found.equals(Buffer.concat([content.subarray(1), content.subarray(0, 1)]))).toBe(true);
    expect(types).toContain('restart');
  });

  test('is refused when it does so again', async () => {
    await using server = await changing((count) => count);
    await expect(fetchFrom(server, { streams: 2 })).rejects.toThrow('was changed at its server');
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a redirect to another host', () => {
  test('gets no header that was given, and is followed once, not for each range', async () => {
    await using store = await start({ headers: etag });
    await using front = await startDouble((_request, response) => {
      response.writeHead(302, { location: `${store.url}/bucket/file?signature=1` }).end();
    });
    const headers = { authorization: 'Bearer secret', cookie: 'session=1', 'x-api-key': 'secret' };
    expect((await fetchFrom(front, { streams: 3, headers })).found.equals(content)).toBe(true);
    expect(front.asked).toHaveLength(1);
    expect(front.asked[0]?.headers).toMatchObject(headers);
    for (const { headers: sent } of store.asked) {
      expect(sent).not.toHaveProperty('authorization');
      expect(sent).not.toHaveProperty('cookie');
      expect(sent).not.toHaveProperty('x-api-key');
    }
    expect(store.asked.length).toBeGreaterThan(2);
  });

  test('that has grown old is asked for again', async () => {
    let signature = 0;
    await using store = await start({
      headers: etag,
      misbehave: (request, response, count) => {
        const isGood = request.url.endsWith(`=${signature}`) && !(count > 0 && signature === 1);
        if (!isGood) {
          response.writeHead(403).end('expired');
        }
        return !isGood;
      },
    });
    await using front = await startDouble((_request, response) => {
      signature += 1;
      response.writeHead(302, { location: `${store.url}/bucket/file?signature=${signature}` }).end();
    });
    expect((await fetchFrom(front, { streams: 1 })).found.equals(content)).toBe(true);
    expect(front.asked.length).toBe(2);
  });

  test('keeps what is sent to the same host', async () => {
    await using server = await start({
      misbehave: (request, response) => {
        if (request.url !== '/some/file.bin') {
          return false;
        }
        response.writeHead(307, { location: '/moved/file.bin' }).end();
        return true;
      },
    });
    await fetchFrom(server, { headers: { 'X-Api-Key': 'mine' } });
    expect(server.asked.every(({ headers }) => headers['x-api-key'] === 'mine')).toBe(true);
  });
});

test('a name and password in the address are sent as a header, and stand in no message', async () => {
  await using server = await start();
  const url = new URL('/file.bin', server.url);
  url.username = 'me';
  url.password = 'p@ss';
  const { url: said } = await downloadUrl(url.href, target());
  expect(said).toBe(`${server.url}/file.bin`);
  expect(server.asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  await using refusing = await startDouble((_request, response) => {
    response.writeHead(401).end();
  });
  const other = new URL(url);
  other.port = new URL(refusing.url).port;
  const error = await downloadUrl(other.href, target(), { existing: 'replace' }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiError);
  expect(String(error)).not.toMatch(/p@ss|p%40ss/);
});

test('what is no web address, or no digest, is refused before anything is asked', async () => {
  await expect(downloadUrl('ftp://host/file', target())).rejects.toThrow(QuarryError);
  await expect(downloadUrl('http://host/file', target(), { sha512: 'abc' })).rejects.toThrow('128');
});

/** A server that sends whatever bytes it likes and closes. */
async function startRaw(answer: (asked: string) => Buffer) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => socket.end(answer(String(chunk))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
