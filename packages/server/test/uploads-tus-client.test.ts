import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Upload as TusUpload, type UploadOptions } from 'tus-js-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FilesHarness, json, MIB, startFilesApi } from './files-harness.ts';
import { download } from './uploads-harness.ts';

let api: FilesHarness;
beforeAll(async () => {
  api = await startFilesApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

interface Sent {
  url: string;
  fileId: string | undefined;
}

/** Sends bytes with the client that browsers use; `stopAt` breaks off after so many. */
function send(bytes: Buffer, options: UploadOptions = {}, stopAt = Number.POSITIVE_INFINITY): Promise<Sent> {
  return new Promise((resolve, reject) => {
    let fileId: string | undefined;
    const upload = new TusUpload(bytes, {
      endpoint: `${api.url}/api/v2/files/uploads/`,
      headers: { authorization: `Token ${api.key}` },
      metadata: { filename: 'from tus.dat', filetype: 'application/octet-stream' },
      retryDelays: null,
      onAfterResponse: (_request, response) => {
        fileId = response.getHeader('quarry-file') ?? fileId;
      },
      onProgress: (sent) => {
        if (sent >= stopAt) {
          void upload.abort().then(() => resolve({ url: upload.url!, fileId }), reject);
        }
      },
      onSuccess: () => resolve({ url: upload.url!, fileId }),
      onError: reject,
      ...options,
    });
    upload.start();
  });
}

test('sends a file as one', async () => {
  const bytes = randomBytes(3 * MIB);
  const { fileId } = await send(bytes);
  expect((await download(api, fileId!)).equals(bytes)).toBe(true);
  expect(await json(await api.call('GET', `files/${fileId}/`))).toMatchObject({ name: 'from tus.dat' });
});

test('sends a file in pieces, with its creation', async () => {
  const bytes = randomBytes(MIB + 1);
  const { fileId } = await send(bytes, { chunkSize: 300_000, uploadDataDuringCreation: true });
  expect((await download(api, fileId!)).equals(bytes)).toBe(true);
});

test('sends a file through a network that lets no PATCH pass', async () => {
  const bytes = randomBytes(MIB);
  const methods = new Set<string>();
  const { fileId } = await send(bytes, {
    chunkSize: 300_000,
    overridePatchMethod: true,
    onBeforeRequest: (request) => void methods.add(request.getMethod()),
  });
  expect((await download(api, fileId!)).equals(bytes)).toBe(true);
  expect([...methods]).toEqual(['POST']);
});

test('names another method for uploads alone', async () => {
  const { fileId } = await send(Buffer.from('kept'));
  const headers = { 'x-http-method-override': 'DELETE' };
  expect((await api.call('POST', `files/${fileId}/`, { headers })).status).toBe(405);
  expect((await api.call('GET', `files/${fileId}/`)).status).toBe(200);
});

test('sends nothing', async () => {
  const { fileId } = await send(Buffer.alloc(0));
  expect((await download(api, fileId!)).length).toBe(0);
});

test('goes on with a file where it was broken off', async () => {
  const bytes = randomBytes(8 * MIB);
  const { url, fileId: none } = await send(bytes, { chunkSize: MIB }, 3 * MIB);
  expect(none).toBeUndefined();
  let first: number | undefined;
  const { fileId } = await send(bytes, {
    uploadUrl: url,
    chunkSize: MIB,
    onBeforeRequest: (request) => {
      const offset = request.getHeader('upload-offset') ?? request.getHeader('Upload-Offset');
      if (request.getMethod() === 'PATCH') {
        first ??= Number(offset);
      }
    },
  });
  expect(first).toBeGreaterThanOrEqual(2 * MIB);
  expect((await download(api, fileId!)).equals(bytes)).toBe(true);
});

test('sends parts at the same time, and leaves nothing of them', async () => {
  const bytes = randomBytes(5 * MIB + 3);
  const { fileId } = await send(bytes, { parallelUploads: 4 });
  expect((await download(api, fileId!)).equals(bytes)).toBe(true);
});

test('gives up an upload', async () => {
  const { url } = await send(randomBytes(4 * MIB), { chunkSize: MIB }, MIB);
  await TusUpload.terminate(url, { headers: { authorization: `Token ${api.key}` }, retryDelays: null });
  expect((await fetch(url, { headers: { authorization: `Token ${api.key}` } })).status).toBe(404);
  expect(await readdir(join(api.directory, 'staged'))).toEqual([]);
});
