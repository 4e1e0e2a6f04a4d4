/** Bytes that arrive damaged, and what is fetched again then. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IntegrityError, type TransferEvent } from '@quarry/sdk';
import { downloadFile } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rangeHeaders, rangeOf, sha512Of, startByteServer } from './byte-server.ts';
import { type Asked, json } from './platform-double.ts';

const MIB = 1024 * 1024;
const content = randomBytes(7 * MIB + 55);
const DAMAGED = 3 * MIB + 500;
let directory: string;
const target = () => join(directory, 'out');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-repair-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Turns one byte over, in as many answers that hold it as are told. */
function damage(times: number) {
  let left = times;
  return (request: Asked, response: ServerResponse) => {
    const [start, end] = rangeOf(request, content);
    if (left === 0 || start > DAMAGED || end < DAMAGED) {
      return false;
    }
    left -= 1;
    const bytes = Buffer.from(content.subarray(start, end + 1));
    bytes[DAMAGED - start]! ^= 1;
    response.writeHead(206, rangeHeaders(start, end, content)).end(bytes);
    return true;
  };
}

/** What a platform answers that tells digests of parts, `perAnswer` of them at once. */
function telling(bytes: Buffer, perAnswer = 3) {
  return (request: Asked, response: ServerResponse) => {
    const url = new URL(request.url, 'http://platform');
    if (url.pathname === '/api/v2/server/') {
      json(response, 200, { name: 'Quarry', features: ['part-digests'] });
      return true;
    }
    if (!url.pathname.endsWith('/part-digests/')) {
      return false;
    }
    const partBytes = Number(url.searchParams.get('partBytes'));
    const start = Number(url.searchParams.get('start'));
    const digests: string[] = [];
    let at = start;
    for (; at < bytes.byteLength && digests.length < perAnswer; at += partBytes) {
      digests.push(
        createHash('sha512')
          .update(bytes.subarray(at, at + partBytes))
          .digest('hex'),
      );
    }
    const nextStart = at < bytes.byteLength ? at : null;
    json(response, 200, { partBytes, start, sizeBytes: bytes.byteLength, digests, nextStart });
    return true;
  };
}

async function download(server: Awaited<ReturnType<typeof startByteServer>>) {
  const events: TransferEvent[] = [];
  const call = downloadFile(server.client(), 'filef', target(), {
    streams: 2,
    onEvent: (event) => events.push(event),
  });
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { error, repairs: events.filter((event) => event.type === 'repair') };
}

test('where the server tells digests of parts, only the part that differs is fetched again', async () => {
  await using server = await startByteServer({ content, misbehave: damage(1), api: telling(content) });
  const { error, repairs } = await download(server);
  expect(error).toBeNull();
  expect((await readFile(target())).equals(content)).toBe(true);
  expect(repairs).toEqual([{ type: 'repair', path: target(), ranges: [{ start: 3 * MIB, end: 4 * MIB }] }]);
  const last = /bytes=(\d+)-(\d+)/.exec(server.ranges().at(-1)!);
  expect(Number(last?.[1])).toBeGreaterThanOrEqual(3 * MIB);
  expect(Number(last?.[2])).toBeLessThan(4 * MIB);
  expect(await readdir(directory)).toEqual(['out']);
});

test('where it does not, all is fetched again once, and said', async () => {
  await using server = await startByteServer({ content, misbehave: damage(1) });
  const { error, repairs } = await download(server);
  expect(error).toBeNull();
  expect((await readFile(target())).equals(content)).toBe(true);
  expect(repairs).toEqual([
    { type: 'repair', path: target(), ranges: [{ start: 0, end: content.byteLength }] },
  ]);
});

test.each([
  ['with digests of parts', telling(content)],
  ['without', undefined],
])('what stays damaged is refused and removed, %s', async (_name, api) => {
  await using server = await startByteServer({ content, misbehave: damage(100), api });
  const { error } = await download(server);
  expect(error).toBeInstanceOf(IntegrityError);
  expect(String(error)).toContain('nothing was kept');
  expect(await readdir(directory)).toEqual([]);
});

test('where all parts agree and the whole does not, the stored file is said to be damaged', async () => {
  const stored = Buffer.from(content);
  stored[DAMAGED]! ^= 1;
  const metadata = { fileChecksums: [{ hashFunction: 'sha512', fileHash: sha512Of(content) }] };
  await using server = await startByteServer({ content: stored, metadata, api: telling(stored) });
  const { error, repairs } = await download(server);
  expect(error).toBeInstanceOf(IntegrityError);
  expect(String(error)).toContain('the stored file is damaged');
  expect(repairs).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});

test('a small file that is damaged is fetched again once', async () => {
  const small = content.subarray(0, 1000);
  let isGood = false;
  await using server = await startByteServer({
    content: small,
    misbehave: (_request, response) => {
      if (isGood) {
        return false;
      }
      isGood = true;
      response.writeHead(200, { 'content-length': 1000 }).end(Buffer.alloc(1000));
      return true;
    },
  });
  const { error, repairs } = await download(server);
  expect(error).toBeNull();
  expect(repairs).toHaveLength(1);
  expect((await readFile(target())).equals(small)).toBe(true);
});
