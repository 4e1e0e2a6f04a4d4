/** Uploads from disk over node:http. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionError, IntegrityError, PayloadTooLargeError, type Progress, Quarry } from '@quarry/sdk';
import { uploadPath } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const content = randomBytes(12 * 1024 * 1024 + 321);
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-upload-'));
  path = join(directory, 'mesh.inp');
  await writeFile(path, content);
});
afterEach(() => rm(directory, { recursive: true }));

function fileWith(sha512: string): object {
  return { id: 'filef', name: 'mesh.inp', fileChecksums: [{ hashFunction: 'sha512', fileHash: sha512 }] };
}
const sha512 = createHash('sha512').update(content).digest('hex');

test('uploadPath() streams with an exact length and compares the digests', async () => {
  await using platform = await startDouble((_request, response) => json(response, 201, fileWith(sha512)));
  const seen: Progress[] = [];
  const file = await uploadPath(platform.client(), path, {
    typeId: 4,
    onProgress: (progress) => seen.push(progress),
  });
  expect(file.id).toBe('filef');
  const { body, headers } = platform.asked.find(({ method }) => method === 'POST')!;
  expect(headers['content-length']).toBe(String(body.byteLength));
  expect(headers.authorization).toBe('Token abc123');
  const start = body.indexOf('\r\n\r\n', body.indexOf('name="file"; filename="mesh.inp"')) + 4;
  expect(body.subarray(start, start + content.byteLength).equals(content)).toBe(true);
  expect(body.subarray(0, start).toString()).toContain('name="typeId"\r\n\r\n4\r\n');
  expect(seen.at(-1)).toEqual({ transferredBytes: content.byteLength, totalBytes: content.byteLength });
});

test('an empty file arrives as an empty part', async () => {
  await truncate(path);
  await using platform = await startDouble((_request, response) => json(response, 201, { id: 'filef' }));
  await uploadPath(platform.client(), path, { name: 'other.inp' });
  expect(platform.asked[0]?.body.toString()).toMatch(
    /filename="other.inp"\r\nContent-Type: [^\r]+\r\n\r\n\r\n--/,
  );
});

test.each([
  ['mesh (1).inp', 'filename="mesh (1).inp"'],
  ['a%22b.inp', `filename="a%22b.inp"; filename*=UTF-8''a%2522b.inp`],
  ["d\\it's.inp", `filename="d\\it's.inp"; filename*=UTF-8''d%5Cit%27s.inp`],
])('the name %j is told so that nobody takes it for another', async (name, told) => {
  await truncate(path);
  await using platform = await startDouble((_request, response) => json(response, 201, { id: 'filef' }));
  await uploadPath(platform.client(), path, { name });
  expect(platform.asked[0]?.body.toString()).toContain(`; ${told}\r\n`);
});

test('another digest than ours is an IntegrityError that names the file', async () => {
  await using platform = await startDouble((_request, response) =>
    json(response, 201, fileWith('ab'.repeat(64))),
  );
  const error = await uploadPath(platform.client(), path).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(IntegrityError);
  expect(error.hint).toContain('Delete file filef');
});

test('a refusal before the last byte is heard, not the broken pipe after it', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const body = JSON.stringify({ detail: 'At most 5 GB.' });
      socket.write(
        `HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const error = await uploadPath(new Quarry({ baseUrl }), path).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(PayloadTooLargeError);
  expect(error.detail).toBe('At most 5 GB.');
  await new Promise((resolve) => server.close(resolve));
});

test('429 is tried again, a lost connection and 503 only where the platform minds keys', async () => {
  await using busy = await startDouble(({ method }, response, count) => {
    if (method === 'GET') {
      json(response, 404, {});
    } else if (count === 1) {
      json(response, 429, { detail: 'Slow down.' }, { 'retry-after': '0' });
    } else {
      json(response, 201, fileWith(sha512));
    }
  });
  expect((await uploadPath(busy.client(), path)).id).toBe('filef');
  await using away = await startDouble(({ method }, response) =>
    json(response, method === 'GET' ? 404 : 503, { detail: 'Away.' }),
  );
  await expect(uploadPath(away.client({ maxRetries: 1 }), path)).rejects.toThrow('Away.');
  expect(away.asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
  await using lost = await startDouble(({ method }, response) => {
    if (method === 'GET') {
      json(response, 404, {});
    } else {
      response.socket?.resetAndDestroy();
    }
  });
  await expect(uploadPath(lost.client({ maxRetries: 1 }), path)).rejects.toThrow(ConnectionError);
  expect(lost.asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
  await using minding = await startDouble(({ method }, response, count) => {
    if (method === 'GET') {
      json(response, 200, { name: 'Quarry', idempotencyKeys: true });
    } else if (count === 1) {
      response.socket?.resetAndDestroy();
    } else {
      json(response, 201, fileWith(sha512));
    }
  });
  expect((await uploadPath(minding.client(), path)).id).toBe('filef');
  const [first, second] = minding.asked.filter(({ method }) => method === 'POST');
  expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
});

test('a redirect is not followed, and where it leads is said', async () => {
  await using platform = await startDouble(({ method }, response) =>
    json(
      response,
      method === 'GET' ? 404 : 301,
      {},
      { location: 'https://hpc.example.com/api/v2/files/contents/' },
    ),
  );
  const error = await uploadPath(platform.client(), path).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error.message).toContain('was redirected to https://hpc.example.com/api/v2/files/contents/');
  expect(error.hint).toContain('base URL');
});

test('an abort rejects with its reason', async () => {
  await using platform = await startDouble((_request, response) => json(response, 201, {}));
  const abort = new AbortController();
  const call = uploadPath(platform.client(), path, {
    signal: abort.signal,
    onProgress: () => abort.abort('enough'),
  });
  await expect(call).rejects.toBe('enough');
});

test('what is not there or not a file is refused in words', async () => {
  await using platform = await startDouble((_request, response) => json(response, 201, {}));
  await expect(uploadPath(platform.client(), join(directory, 'none'))).rejects.toThrow('There is no file');
  await expect(uploadPath(platform.client(), directory)).rejects.toThrow('is not a regular file');
  expect(platform.asked).toHaveLength(0);
});

test('a file that shrinks under the upload is said so', async () => {
  await using platform = await startDouble((_request, response) => json(response, 201, {}));
  let shrunk = false;
  const call = uploadPath(platform.client(), path, {
    onProgress: () => {
      if (shrunk) {
        return;
      }
      shrunk = true;
      void truncate(path, 1000);
    },
  });
  await expect(call).rejects.toThrow('became shorter');
});
