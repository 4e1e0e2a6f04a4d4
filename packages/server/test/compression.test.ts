import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseCoding } from '../src/http/content-coding.ts';
import { LIMITS } from '../src/limits.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, runJob, saveJob, uploadFile } from './platform-harness.ts';

const run = promisify(execFile);
const DECODERS = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };

let platform: Platform;
let fileId: string;
/** A page that is long enough to be compressed, and one that is not. */
const LONG = '/api/v2/jobs/?page_size=100';
const SHORT = '/api/v2/jobs/?page_size=1';
const TEXT = 'a line of a text that repeats\n'.repeat(5000);
beforeAll(async () => {
  platform = await startPlatform();
  for (let count = 0; count < 40; count++) {
    await saveJob(platform);
  }
  fileId = (await uploadFile(platform, 'long.txt', TEXT)).id;
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Sends the headers as given and takes the bytes as they come, which fetch does not. */
async function curl(
  path: string,
  headers: Record<string, string> = {},
  ...options: string[]
): Promise<{ status: number; headers: Record<string, string>; bytes: Buffer }> {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-curl-'));
  try {
    const all = { authorization: `Token ${platform.apiKey}`, ...headers };
    const given = Object.entries(all).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const { stdout } = await run(
      'curl',
      [
        '-sS',
        '-D',
        join(directory, 'head'),
        '-w',
        '%{stderr}%{http_code}',
        ...given,
        ...options,
        platform.url + path,
      ],
      { encoding: 'buffer', maxBuffer: 2 ** 26 },
    );
    const head = await readFile(join(directory, 'head'), 'latin1');
    const lines = head.trim().split('\r\n');
    return {
      status: Number(lines[0]!.split(' ')[1]),
      headers: Object.fromEntries(
        lines.slice(1).map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      ),
      bytes: stdout,
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

test.each(Object.entries(DECODERS))(
  'a long page comes as %s to a client that asks for it',
  async (coding, decode) => {
    const plain = await curl(LONG);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.bytes.length).toBeGreaterThan(LIMITS.compressFromBytes);
    const answer = await curl(LONG, { 'accept-encoding': coding });
    expect(answer.headers['content-encoding']).toBe(coding);
    expect(Number(answer.headers['content-length'])).toBe(answer.bytes.length);
    expect(answer.bytes.length).toBeLessThan(plain.bytes.length / 4);
    expect(decode(answer.bytes).toString()).toBe(plain.bytes.toString());
    // One tag for all codings: it is weak.
    expect(answer.headers.etag).toBe(plain.headers.etag);
    expect(answer.headers.vary).toBe(plain.headers.vary);
    expect(answer.headers.vary).toContain('Accept-Encoding');

    const head = await curl(LONG, { 'accept-encoding': coding }, '--head');
    for (const name of ['content-encoding', 'content-length', 'content-type', 'etag', 'vary']) {
      expect([name, head.headers[name]]).toEqual([name, answer.headers[name]]);
    }
    const known = await curl(LONG, { 'accept-encoding': coding, 'if-none-match': answer.headers.etag! });
    expect([known.status, known.bytes.length]).toEqual([304, 0]);
    expect(known.headers['content-encoding']).toBeUndefined();
  },
);

test('short answers and refusals are sent as they are', async () => {
  for (const path of [SHORT, '/api/v2/jobs/nobody/']) {
    const { headers, bytes } = await curl(path, { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(bytes.toString())).toBeTypeOf('object');
  }
});

test('the bytes of files are never compressed, nor ranges of them', async () => {
  const path = `/api/v2/files/${fileId}/contents/`;
  const whole = await curl(path, { 'accept-encoding': 'zstd, br, gzip' });
  expect(whole.headers['content-encoding']).toBeUndefined();
  expect(whole.bytes.toString()).toBe(TEXT);
  const part = await curl(path, { 'accept-encoding': 'gzip', range: 'bytes=0-9' });
  expect([part.status, part.bytes.toString()]).toEqual([206, TEXT.slice(0, 10)]);
});

test('an answer that is written while it is sent is compressed as well, at any length', async () => {
  const long = `${'x'.repeat(1000)}\n`.repeat(3000);
  const { id } = await uploadFile(platform, 'longer.txt', long);
  for (const [file, text] of [
    [fileId, TEXT],
    [id, long],
  ]) {
    const path = `/api/v2/files/${file}/lines/`;
    const answer = await curl(path, { 'accept-encoding': 'gzip' });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(answer.bytes).toString()).lines.join('')).toBe(text);
    // What is longer than is held gets no tag: its first bytes leave before its last are known.
    expect(answer.headers.etag !== undefined).toBe(text!.length < LIMITS.taggedBytes);
    const plain = await curl(path);
    expect(JSON.parse(plain.bytes.toString()).lines.join('')).toBe(text);
    expect((await curl(path, { 'accept-encoding': 'gzip' }, '--head')).headers['content-encoding']).toBe(
      'gzip',
    );
  }
});

test('the log of a job that runs is sent as it is', async () => {
  const { id } = await runJob(platform, definition('seq 20000'));
  const list = await platform.call('GET', `/api/v2/jobs/${id}/files/?search=process_output.log`);
  const { bytes, headers } = await curl(new URL(list.body.results[0].downloadUrl).pathname, {
    'accept-encoding': 'gzip',
  });
  expect(headers['content-encoding']).toBeUndefined();
  expect(bytes.toString()).toContain('20000\n');
});

test('curl --compressed and the requests of Python read what they asked for', async () => {
  const plain = (await curl(LONG)).bytes.toString();
  const compressed = await curl(LONG, {}, '--compressed');
  expect(compressed.headers['content-encoding']).toMatch(/^(zstd|br|gzip)$/);
  expect(compressed.bytes.toString()).toBe(plain);
  const program = [
    'import requests, sys',
    'answer = requests.get(sys.argv[1], headers={"Authorization": "Token " + sys.argv[2]})',
    'answer.json()',
    'print(answer.headers["Content-Encoding"], end=" ")',
    'print(answer.text, end="")',
  ].join('\n');
  const { stdout } = await run('python3', ['-c', program, platform.url + LONG, platform.apiKey], {
    maxBuffer: 2 ** 26,
  });
  expect(stdout).toMatch(/^(zstd|br|gzip) /);
  expect(stdout.slice(stdout.indexOf(' ') + 1)).toBe(plain);
});

test('a site may switch compression off', async () => {
  await using without = await startPlatform({ config: 'compress = false' });
  for (let count = 0; count < 40; count++) {
    await saveJob(without);
  }
  const response = await fetch(new URL(LONG, without.url), {
    headers: { authorization: `Token ${without.apiKey}`, 'accept-encoding': 'gzip' },
  });
  expect(response.headers.get('content-encoding')).toBeNull();
  expect((await response.text()).length).toBeGreaterThan(LIMITS.compressFromBytes);
});

test.each([
  [undefined, null],
  ['', null],
  ['identity', null],
  ['deflate', null],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip;q=1.0, br;q=0.5', 'gzip'],
  ['gzip;q=0', null],
  ['*', 'zstd'],
  ['*;q=0', null],
  ['zstd;q=0, *', 'br'],
  ['identity, gzip;q=0.5', null],
  ['identity;q=0.5, gzip', 'gzip'],
  ['gzip;q=nonsense', null],
  [',,;', null],
])('of "%s" the coding %s is chosen', (header, coding) => {
  expect(chooseCoding(header)?.name ?? null).toBe(coding);
});
