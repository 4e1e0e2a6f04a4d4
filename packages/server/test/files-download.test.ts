import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileObject } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { chunksOf, sha512Of } from '../testing/suites/blobs.ts';
import { type FilesHarness, json, MIB, startFilesApi, upload } from './files-harness.ts';

let api: FilesHarness;

beforeAll(async () => {
  api = await startFilesApi({ linesBytes: 2 * MIB });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

describe('downloading', () => {
  const bytes = randomBytes(3_000_000);
  let file: FileObject;
  const get = (headers: Record<string, string> = {}, method = 'GET') =>
    api.call(method, `files/${file.id}/contents`, { headers });

  beforeAll(async () => {
    file = await upload(api, bytes, 'résult "1".dat');
  });

  test('gives the whole file with everything a client needs to know', async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': '3000000',
      'accept-ranges': 'bytes',
      etag: `"${sha512Of(bytes)}"`,
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="r_sult _1_.dat"; filename*=UTF-8''r%C3%A9sult%20%221%22.dat`,
    });
    expect(Math.abs(Date.parse(response.headers.get('last-modified')!) - Date.now())).toBeLessThan(60_000);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('gives the same headers and no bytes to HEAD, whatever range it names', async () => {
    const response = await get({ range: 'bytes=0-1' }, 'HEAD');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('3000000');
    expect(response.headers.get('etag')).toBe(`"${sha512Of(bytes)}"`);
    expect(await response.text()).toBe('');
  });

  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=2999999-3000000', 2_999_999, 2_999_999],
    ['bytes=0-99999999999', 0, 2_999_999],
    ['bytes=2999000-', 2_999_000, 2_999_999],
    ['bytes=-5', 2_999_995, 2_999_999],
    ['bytes=-5000000', 0, 2_999_999],
    ['Bytes=1-2', 1, 2],
  ])('answers Range: %s with exactly those bytes', async (range, start, end) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/3000000`);
    expect(response.headers.get('content-length')).toBe(String(end - start + 1));
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  test.each(['bytes=5-2', 'bytes=a-b', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=-', 'bytes', 'bytes=1', '0-1'])(
    'gives the whole file to the range "%s", which it need not understand',
    async (range) => {
      const response = await get({ range });
      expect([response.status, response.headers.get('content-length')]).toEqual([200, '3000000']);
      await response.body!.cancel();
    },
  );

  test.each(['bytes=3000000-', 'bytes=3000000-4000000', 'bytes=99999999999999999999-', 'bytes=-0'])(
    'says that nothing is in the range "%s"',
    async (range) => {
      const response = await get({ range });
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */3000000']);
      expect(await json(response)).toMatchObject({ code: 'range_not_satisfiable', hint: expect.any(String) });
    },
  );

  test('gives an empty file whole, also when a range of it is asked for', async () => {
    const empty = await upload(api, '', 'empty');
    const response = await api.call('GET', `files/${empty.id}/contents/`, {
      headers: { range: 'bytes=0-1' },
    });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '0']);
    expect(await response.text()).toBe('');
  });

  test('puts the file together from ten parts asked for at once', async () => {
    const size = Math.ceil(bytes.length / 10);
    const parts = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const response = await get({ range: `bytes=${n * size}-${(n + 1) * size - 1 + (n === 9 ? 1 : 0)}` });
        return Buffer.from(await response.arrayBuffer());
      }),
    );
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });

  test('honours the preconditions of RFC 9110', async () => {
    const etag = `"${sha512Of(bytes)}"`;
    const first = await get({}, 'HEAD');
    const lastModified = first.headers.get('last-modified')!;
    const earlier = new Date(Date.parse(lastModified) - 5000).toUTCString();
    const statusOf = async (headers: Record<string, string>) => {
      const response = await get(headers);
      await response.body?.cancel();
      return response.status;
    };
    expect(await statusOf({ 'if-none-match': etag })).toBe(304);
    expect(await statusOf({ 'if-none-match': `"x", W/${etag}` })).toBe(304);
    expect(await statusOf({ 'if-none-match': '*' })).toBe(304);
    expect((await get({ 'if-none-match': etag }, 'HEAD')).status).toBe(304);
    expect(await statusOf({ 'if-none-match': '"x"' })).toBe(200);
    expect(await statusOf({ 'if-modified-since': lastModified })).toBe(304);
    expect(await statusOf({ 'if-modified-since': earlier })).toBe(200);
    expect(await statusOf({ 'if-match': '"x"' })).toBe(412);
    expect(await statusOf({ 'if-match': `"x", ${etag}` })).toBe(200);
    expect(await statusOf({ 'if-unmodified-since': earlier })).toBe(412);
    const range = 'bytes=0-9';
    expect(await statusOf({ range, 'if-range': etag })).toBe(206);
    expect(await statusOf({ range, 'if-range': lastModified })).toBe(206);
    expect(await statusOf({ range, 'if-range': '"x"' })).toBe(200);
    expect(await statusOf({ range, 'if-range': `W/${etag}` })).toBe(200);
    expect(await statusOf({ range, 'if-range': earlier })).toBe(200);
  });

  test('waits for a reader that is slow instead of keeping the file in memory', async () => {
    await using own = await startFilesApi();
    const held = await own.storage.receive(chunksOf(Array.from({ length: 200 }, () => new Uint8Array(MIB))));
    held.release();
    const small = await upload(own, 'x', 'x');
    await own.database.write(async (queries) => {
      await queries
        .insertInto('blobs')
        .values({ sha512: held.sha512, size_bytes: held.sizeBytes, date_inserted: '', collected_at: null })
        .execute();
      await queries
        .updateTable('files')
        .set({ sha512: held.sha512, size_bytes: held.sizeBytes })
        .where('id', '=', small.id)
        .execute();
    });
    const before = process.memoryUsage().arrayBuffers;
    const socket = connect(Number(new URL(own.url).port), '127.0.0.1');
    socket.write(
      `GET /api/v2/files/${small.id}/contents/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${own.key}\r\n\r\n`,
    );
    await once(socket, 'readable');
    await sleep(300);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * MIB);
    socket.destroy();
  });

  test('says in words that the bytes of a file are lost', async () => {
    const lost = await upload(api, randomBytes(100), 'lost');
    await rm(api.storage.localPath(lost.fileChecksums[0]!.fileHash)!);
    const response = await api.call('GET', `files/${lost.id}/contents/`);
    expect([response.status, await json(response)]).toMatchObject([500, { code: 'bytes_missing' }]);
  });
});

describe('reading lines', () => {
  const linesOf = async (bytes: Uint8Array | string) => {
    const { id } = await upload(api, bytes, 'text.log');
    const response = await api.call('GET', `files/${id}/lines`, { headers: { range: 'bytes=0-1' } });
    expect(response.status).toBe(200);
    return JSON.parse(await response.text()) as unknown;
  };

  test('keeps line feeds, a last line without one, and carriage returns', async () => {
    expect(await linesOf('one\ntwo\r\n\nthree')).toEqual({ lines: ['one\n', 'two\r\n', '\n', 'three'] });
    expect(await linesOf('one\n')).toEqual({ lines: ['one\n'] });
    expect(await linesOf('')).toEqual({ lines: [] });
  });

  test('replaces what is not UTF-8', async () => {
    expect(await linesOf(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe6]))).toEqual({ lines: ['a�b\n', '�'] });
  });

  test('gives the same lines as splitting the whole text, wherever reads cut it', async () => {
    const line = '模型 "quoted" \\ \t ü\n';
    const text = line.repeat(Math.floor((1.9 * MIB) / Buffer.byteLength(line)));
    expect(await linesOf(text)).toEqual({ lines: text.split(/(?<=\n)/) });
  });

  test('reads a long text without a line end in linear time', async () => {
    expect(await linesOf('x'.repeat(2 * MIB))).toEqual({ lines: ['x'.repeat(2 * MIB)] });
  });

  test('bounds the answer for bytes that are no text, but not for text of the same size', async () => {
    await using large = await startFilesApi();
    const bytes = 30 * MIB;
    const ask = async (content: Uint8Array | string) => {
      const { id } = await upload(large, content, 'large.log');
      const response = await large.call('GET', `files/${id}/lines/`);
      return [response.status, await response.text()] as const;
    };
    const [status, refusal] = await ask(new Uint8Array(bytes));
    expect([status, JSON.parse(refusal)]).toMatchObject([
      400,
      { code: 'too_many_lines', detail: expect.stringContaining(String(LIMITS.linesAnswerBytes)) },
    ]);
    const line = '模型 "quoted" ü\n';
    const text = line.repeat(Math.floor(bytes / Buffer.byteLength(line)));
    const [good, answer] = await ask(text);
    expect(good).toBe(200);
    expect(JSON.parse(answer).lines.join('') === text).toBe(true);
  });

  test('says where to read a file that is too large', async () => {
    const { id } = await upload(api, new Uint8Array(2 * MIB + 1), 'large.log');
    const response = await api.call('GET', `files/${id}/lines/`);
    expect([response.status, await json(response)]).toMatchObject([
      400,
      { detail: expect.stringContaining(String(2 * MIB)), hint: expect.stringContaining('contents') },
    ]);
  });
});
