/** Downloads to disk, from servers that serve ranges well, badly, or not at all. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  IntegrityError,
  InvalidResponseError,
  LocalFileError,
  NotFoundError,
  type Progress,
  type TransferEvent,
} from '@quarry/sdk';
import { downloadFile, downloadJob } from '@quarry/sdk/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Asked, json, type PlatformDouble, startDouble } from './platform-double.ts';

/** Enough for several segments and the hashing thread. */
const large = randomBytes(20 * 1024 * 1024 + 12345);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-download-'));
});
afterEach(() => rm(directory, { recursive: true }));

type Serve = (request: Asked, response: ServerResponse, count: number) => boolean;

interface Stored {
  content?: Buffer;
  metadata?: object;
  /** True when it has answered; else the content is served well. */
  misbehave?: Serve;
}

function sha512(content: Buffer): string {
  return createHash('sha512').update(content).digest('hex');
}

function metadataOf(content: Buffer): object {
  const fileChecksums = [{ hashFunction: 'sha512', fileHash: sha512(content) }];
  return {
    id: 'filef',
    name: 'result.bin',
    relativePath: 'result.bin',
    decryptedSize: content.byteLength,
    fileChecksums,
  };
}

function startStore({
  content = large,
  metadata = {},
  misbehave = () => false,
}: Stored = {}): Promise<PlatformDouble> {
  let count = 0;
  return startDouble((request, response) => {
    if (!request.url.includes('contents')) {
      return json(response, 200, { ...metadataOf(content), ...metadata });
    }
    if (misbehave(request, response, count++)) {
      return;
    }
    serve(content, request, response);
  });
}

function serve(content: Buffer, request: Asked, response: ServerResponse): void {
  const [start, end] = rangeOf(request, content);
  if (request.headers.range === undefined) {
    response.writeHead(200, { 'content-length': content.byteLength }).end(content);
    return;
  }
  const headers = {
    'content-length': end - start + 1,
    'content-range': `bytes ${start}-${end}/${content.byteLength}`,
  };
  response.writeHead(206, headers).end(content.subarray(start, end + 1));
}

function rangeOf(request: Asked, content: Buffer): [number, number] {
  const match = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
  return match === null ? [0, content.byteLength - 1] : [Number(match[1]), Number(match[2])];
}

const target = () => join(directory, 'result.bin');
const nothingVerifies = { fileChecksums: undefined };
const leftovers = async () => (await readdir(directory)).filter((name) => name !== 'result.bin');

describe('downloadFile()', () => {
  test('fetches ranges in parallel, verifies the digest and leaves only the file', async () => {
    await using platform = await startStore();
    const seen: Progress[] = [];
    const result = await downloadFile(platform.client(), 'filef', target(), {
      streams: 4,
      onProgress: (progress) => seen.push(progress),
    });
    expect(result).toMatchObject({
      path: target(),
      sizeBytes: large.byteLength,
      verified: true,
      sha512: sha512(large),
    });
    expect((await readFile(target())).equals(large)).toBe(true);
    expect(await leftovers()).toEqual([]);
    expect(seen.at(-1)).toEqual({ transferredBytes: large.byteLength, totalBytes: large.byteLength });
    const ranges = platform.asked.map(({ headers }) => headers.range).filter((range) => range !== undefined);
    expect(new Set(ranges).size).toBe(ranges.length);
    expect(ranges.length).toBeGreaterThanOrEqual(4);
  });

  test.each([0, 1, 5000])('a file of %i bytes takes one plain request at most', async (size) => {
    const content = large.subarray(0, size);
    await using platform = await startStore({ content });
    const { verified } = await downloadFile(platform.client(), 'filef', target());
    expect(verified).toBe(true);
    expect((await readFile(target())).equals(content)).toBe(true);
    const contents = platform.asked.filter(({ url }) => url.includes('contents'));
    expect(contents.map(({ headers }) => headers.range)).toEqual(size === 0 ? [] : [undefined]);
  });

  test('a range that breaks goes on from the byte it reached', async () => {
    const asked: string[] = [];
    await using platform = await startStore({
      misbehave: (request, response, count) => {
        asked.push(request.headers.range ?? '');
        if (count > 2) {
          return false;
        }
        const [start, end] = rangeOf(request, large);
        const headers = {
          'content-length': end - start + 1,
          'content-range': `bytes ${start}-${end}/${large.byteLength}`,
        };
        response.writeHead(206, headers);
        response.write(large.subarray(start, start + 1000), () => setTimeout(() => response.destroy(), 20));
        return true;
      },
    });
    await downloadFile(platform.client(), 'filef', target(), { streams: 2 });
    expect((await readFile(target())).equals(large)).toBe(true);
    expect(asked).toContainEqual(expect.stringMatching(/^bytes=1000-/));
  });

  test('429 and 503 are waited out', async () => {
    await using platform = await startStore({
      misbehave: (_request, response, count) => {
        if (count === 1) {
          json(response, 429, { detail: 'Slow down.' }, { 'retry-after': '1' });
        } else if (count === 2) {
          json(response, 503, { detail: 'Away.' });
        }
        return count === 1 || count === 2;
      },
    });
    expect((await downloadFile(platform.client(), 'filef', target(), { streams: 3 })).verified).toBe(true);
  });

  test('a platform that ignores ranges is read in one go, also when that breaks once', async () => {
    await using platform = await startStore({
      misbehave: (_request, response, count) => {
        response.writeHead(200, { 'content-length': large.byteLength });
        if (count === 0) {
          response.write(large.subarray(0, 9_000_000), () => setTimeout(() => response.destroy(), 50));
        } else {
          response.end(large);
        }
        return true;
      },
    });
    const { verified } = await downloadFile(platform.client(), 'filef', target(), { streams: 8 });
    expect(verified).toBe(true);
    expect((await readFile(target())).equals(large)).toBe(true);
    expect(platform.asked.filter(({ url }) => url.includes('contents'))).toHaveLength(2);
  });

  test('bytes with another digest are refused and removed', async () => {
    await using platform = await startStore({
      metadata: { fileChecksums: [{ hashFunction: 'sha512', fileHash: 'ab'.repeat(64) }] },
    });
    await expect(downloadFile(platform.client(), 'filef', target())).rejects.toThrow(IntegrityError);
    expect(await readdir(directory)).toEqual([]);
  });

  test('a platform that states no digest is believed, and says so', async () => {
    await using platform = await startStore({ metadata: nothingVerifies });
    expect((await downloadFile(platform.client(), 'filef', target())).verified).toBe(false);
  });

  test('a size that lies is an IntegrityError, whether more comes or less', async () => {
    const content = large.subarray(0, 5000);
    await using more = await startStore({ content, metadata: { decryptedSize: 4000 } });
    await expect(downloadFile(more.client(), 'filef', target())).rejects.toThrow(IntegrityError);
    await using less = await startStore({ content, metadata: { decryptedSize: 6000 } });
    await expect(downloadFile(less.client(), 'filef', target())).rejects.toThrow(IntegrityError);
    expect(await readdir(directory)).toEqual([]);
  });

  test.each([undefined, null, -1, 0.5, '5000'])('a size of %j is refused', async (decryptedSize) => {
    await using platform = await startStore({ metadata: { decryptedSize, ...nothingVerifies } });
    await expect(downloadFile(platform.client(), 'filef', target())).rejects.toThrow(InvalidResponseError);
    expect(await readdir(directory)).toEqual([]);
  });

  test('a part that does not say which part it is, is refused', async () => {
    await using platform = await startStore({
      metadata: nothingVerifies,
      misbehave: (request, response) => {
        const [start, end] = rangeOf(request, large);
        response.writeHead(206, { 'content-length': end - start + 1 });
        response.end(large.subarray(start, end + 1));
        return true;
      },
    });
    await expect(downloadFile(platform.client(), 'filef', target())).rejects.toThrow('an unnamed part');
    expect(await readdir(directory)).toEqual([]);
  });

  test('416 is refused in the words of the platform', async () => {
    await using platform = await startStore({
      misbehave: (_request, response) => {
        json(response, 416, { detail: 'The file ends before that.' });
        return true;
      },
    });
    const call = downloadFile(platform.client(), 'filef', target());
    await expect(call).rejects.toThrow('The file ends before that.');
    expect(await readdir(directory)).toEqual([]);
  });

  test('an onProgress that throws in the middle of several ranges ends the download with its error', async () => {
    await using platform = await startStore();
    const call = downloadFile(platform.client(), 'filef', target(), {
      onProgress: ({ transferredBytes }) => {
        if (transferredBytes > large.byteLength / 2) {
          throw new Error('cannot draw');
        }
      },
    });
    await expect(call).rejects.toThrow('cannot draw');
  });

  test('files beside the target are left alone, whatever their names', async () => {
    await writeFile(`${target()}.partial`, 'precious');
    await using platform = await startStore({ content: large.subarray(0, 5000) });
    await downloadFile(platform.client(), 'filef', target());
    expect(await readFile(`${target()}.partial`, 'utf8')).toBe('precious');
  });

  test('the second of two downloads to one target is refused in words, and the first one ends well', async () => {
    await using platform = await startStore();
    const download = () => downloadFile(platform.client(), 'filef', target());
    const results = await Promise.allSettled([download(), download()]);
    const [refused, ...others] = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(others).toEqual([]);
    expect(refused).toBeInstanceOf(LocalFileError);
    expect(refused).toMatchObject({ problem: 'busy', message: expect.stringContaining('Another transfer') });
    expect((await readFile(target())).equals(large)).toBe(true);
    expect(await leftovers()).toEqual([]);
  });

  test('another range than asked, or the whole file for a later one, is refused', async () => {
    await using shifted = await startStore({
      misbehave: (request, response) => {
        const [start, end] = rangeOf(request, large);
        response.writeHead(206, { 'content-range': `bytes ${start + 1}-${end + 1}/${large.byteLength}` });
        response.end(large.subarray(start + 1, end + 2));
        return true;
      },
    });
    await expect(downloadFile(shifted.client(), 'filef', target())).rejects.toThrow(IntegrityError);
    await using fickle = await startStore({
      misbehave: (_request, response, count) => {
        if (count > 0) {
          response.end(large);
        }
        return count > 0;
      },
    });
    await expect(downloadFile(fickle.client(), 'filef', target())).rejects.toThrow(InvalidResponseError);
  });

  test('an abort rejects with its reason, and leaves nothing where nothing shall be resumed', async () => {
    await using platform = await startStore();
    const abort = new AbortController();
    const call = downloadFile(platform.client(), 'filef', target(), {
      signal: abort.signal,
      resume: false,
      onProgress: () => abort.abort('enough'),
    });
    await expect(call).rejects.toBe('enough');
    expect(await readdir(directory)).toEqual([]);
  });

  test('a server that falls silent is a TimeoutError after the retries', async () => {
    await using platform = await startStore({
      misbehave: (_request, response) => {
        response.writeHead(200, { 'content-length': 5000 });
        response.write('x');
        return true;
      },
      content: large.subarray(0, 5000),
    });
    const call = downloadFile(platform.client({ timeoutMs: 100, maxRetries: 0 }), 'filef', target());
    await expect(call).rejects.toThrow('nothing arrived for 0.1 s');
  });

  test('a range in the middle that falls silent is asked for again', async () => {
    await using platform = await startStore({
      misbehave: (request, response, count) => {
        if (count !== 2) {
          return false;
        }
        const [start, end] = rangeOf(request, large);
        const range = `bytes ${start}-${end}/${large.byteLength}`;
        response.writeHead(206, { 'content-length': end - start + 1, 'content-range': range });
        response.write(large.subarray(start, start + 1000));
        return true;
      },
    });
    await downloadFile(platform.client({ timeoutMs: 1000 }), 'filef', target(), { streams: 2 });
    expect((await readFile(target())).equals(large)).toBe(true);
  });

  test('what an abort in the middle of several ranges leaves is not fetched again', async () => {
    await using platform = await startStore();
    const abort = new AbortController();
    const call = downloadFile(platform.client(), 'filef', target(), {
      signal: abort.signal,
      onProgress: ({ transferredBytes }) => {
        if (transferredBytes > large.byteLength / 2) {
          abort.abort('enough');
        }
      },
    });
    await expect(call).rejects.toBe('enough');
    expect(await readdir(directory)).toEqual(['.result.bin.quarry-journal', '.result.bin.quarry-partial']);
    const before = platform.asked.length;
    const events: TransferEvent[] = [];
    const { verified } = await downloadFile(platform.client(), 'filef', target(), {
      onEvent: (event) => events.push(event),
    });
    expect(verified).toBe(true);
    const [start] = events;
    expect(start).toMatchObject({ type: 'start', path: target(), sizeBytes: large.byteLength });
    expect(start?.type === 'start' && start.resumedBytes).toBeGreaterThan(large.byteLength / 3);
    const first = platform.asked.slice(before).find(({ headers }) => headers.range !== undefined);
    expect(first?.headers.range).not.toMatch(/^bytes=0-/);
    expect(events.filter(({ type }) => type === 'restart' || type === 'repair')).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  test('a redirect to an object store is followed without the key', async () => {
    await using store = await startDouble((request, response) => serve(large, request, response));
    await using platform = await startStore({
      misbehave: (_request, response) => {
        response.writeHead(302, { location: `${store.url}/bucket/result` }).end();
        return true;
      },
    });
    await downloadFile(platform.client(), 'filef', target());
    expect((await readFile(target())).equals(large)).toBe(true);
    expect(store.asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(platform.asked.every(({ headers }) => headers.authorization === 'Token abc123')).toBe(true);
  });

  test('what exists is kept unless overwriting is asked for', async () => {
    await writeFile(target(), 'precious');
    await using platform = await startStore({ content: large.subarray(0, 100) });
    await expect(downloadFile(platform.client(), 'filef', target())).rejects.toThrow('exists already');
    expect(await readFile(target(), 'utf8')).toBe('precious');
    await downloadFile(platform.client(), 'filef', target(), { overwrite: true });
    expect((await readFile(target())).equals(large.subarray(0, 100))).toBe(true);
    await expect(downloadFile(platform.client(), 'filef', directory)).rejects.toThrow('is a directory');
  });

  test('a file larger than the disk is refused before it is begun', async () => {
    await using platform = await startStore({ metadata: { decryptedSize: 2 ** 52 } });
    await expect(downloadFile(platform.client(), 'filef', target())).rejects.toThrow(/needs \d+ bytes/);
    expect(await readdir(directory)).toEqual([]);
  });

  test('a refusal carries the words of the platform', async () => {
    await using platform = await startStore({
      misbehave: (_request, response) => {
        json(response, 404, { detail: 'The bytes are gone.' });
        return true;
      },
    });
    const error = await downloadFile(platform.client(), 'filef', target()).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.detail).toBe('The bytes are gone.');
  });
});

describe('downloadJob()', () => {
  const outputs = (files: { id: string; relativePath: string; path?: string }[]) =>
    startDouble((request, response) => {
      const id = /files\/(\w+)\/contents/.exec(request.url)?.[1];
      const results = files.map((file) => ({ ...metadataOf(Buffer.from(file.id)), ...file }));
      if (id === undefined) {
        json(response, 200, { count: results.length, next: null, previous: null, results });
      } else {
        response.end(id);
      }
    });

  test('keeps relative paths and never leaves the directory', async () => {
    await using platform = await outputs([
      { id: 'aaaaaa', relativePath: 'a.txt' },
      { id: 'bbbbbb', relativePath: 'deep/er/b.txt' },
      { id: 'cccccc', relativePath: '../../escape.txt' },
      { id: 'dddddd', relativePath: '/etc/absolute.txt' },
      { id: 'eeeeee', relativePath: 'a\\..\\..\\windows.txt' },
      { id: 'ffffff', relativePath: 'nul\u0000line\nbreak' },
      { id: 'gggggg', relativePath: '.. /... /blanks.txt' },
    ]);
    const inside = join(directory, 'inside');
    const finished: string[] = [];
    const results = await downloadJob(platform.client(), 'jobjob', inside, {
      onFile: ({ path }) => finished.push(path),
    });
    const places = [
      'a.txt',
      'deep/er/b.txt',
      '_/_/escape.txt',
      'etc/absolute.txt',
      // Backslashes are letters here.
      'a\\..\\..\\windows.txt',
      'nul_line_break',
      '_/_/blanks.txt',
    ];
    expect(results.map(({ path }) => path)).toEqual(places.map((place) => join(inside, place)));
    expect(finished.toSorted()).toEqual(results.map(({ path }) => path).toSorted());
    expect(await readdir(directory)).toEqual(['inside']);
    expect(await readFile(join(inside, 'deep/er/b.txt'), 'utf8')).toBe('bbbbbb');
  });

  test('an id cannot lead out of the directory either', async () => {
    await using platform = await startDouble((request, response) => {
      const ids = ['aaaaaa', '/../../escape'];
      const results = ids.map((id) => ({ ...metadataOf(Buffer.from('x')), id, relativePath: 'same' }));
      if (request.url.includes('/contents/')) {
        response.end('x');
      } else {
        json(response, 200, { count: 2, next: null, previous: null, results });
      }
    });
    const results = await downloadJob(platform.client(), 'jobjob', join(directory, 'inside'));
    expect(results.map(({ path }) => path)).toEqual(
      ['same', 'same.2'].map((name) => join(directory, 'inside', name)),
    );
    expect(await readdir(directory)).toEqual(['inside']);
  });

  test('files of the same name from several runs go to a directory per run', async () => {
    await using platform = await outputs([
      { id: 'aaaaaa', relativePath: 'x.res', path: 'user/user_u/output/job_jobjob/run1/x.res' },
      { id: 'bbbbbb', relativePath: 'x.res', path: 'user/user_u/output/job_jobjob/run2/x.res' },
    ]);
    await downloadJob(platform.client(), 'jobjob', directory);
    expect(await readFile(join(directory, 'run1/x.res'), 'utf8')).toBe('aaaaaa');
    expect(await readFile(join(directory, 'run2/x.res'), 'utf8')).toBe('bbbbbb');
  });

  test('tells progress over all files, and fails as a whole with the first error', async () => {
    await using platform = await outputs([
      { id: 'aaaaaa', relativePath: 'a' },
      { id: 'bbbbbb', relativePath: 'b' },
    ]);
    const seen: Progress[] = [];
    await downloadJob(platform.client(), 'jobjob', directory, {
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.at(-1)).toEqual({ transferredBytes: 12, totalBytes: 12 });

    const again = join(directory, 'again');
    await mkdir(again);
    await writeFile(join(again, 'a'), 'precious');
    await expect(downloadJob(platform.client(), 'jobjob', again)).rejects.toThrow('exists already');
    expect(await readFile(join(again, 'a'), 'utf8')).toBe('precious');
    expect((await readdir(again)).some((name) => name.endsWith('.partial'))).toBe(false);
  });
});
