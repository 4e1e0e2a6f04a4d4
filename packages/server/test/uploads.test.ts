import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha512Of } from '../testing/suites/storage.ts';
import { type FilesHarness, MIB, startFilesApi } from './files-harness.ts';
import { begin, begun, download, finished, look, offsetOf, send } from './uploads-harness.ts';

let api: FilesHarness;
beforeAll(async () => {
  api = await startFilesApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const staged = () => readdir(join(api.directory, 'staged'));

describe('an upload that is sent as one', () => {
  test('becomes a file with the last byte, which names it', async () => {
    const bytes = randomBytes(3 * MIB);
    const response = await begin(api, bytes.length, {
      filename: 'Gitter für Ölwanne.dat',
      typeId: 4,
      executable: 1,
      dateModified: '2026-01-05T09:00:00Z',
    });
    expect(response.status).toBe(201);
    const location = response.headers.get('location')!;
    const id = /files\/uploads\/([A-Za-z]+)\/$/.exec(location)![1]!;
    expect(location).toBe(`${api.url}/api/v2/files/uploads/${id}/`);
    expect(Date.parse(response.headers.get('upload-expires')!)).toBeGreaterThan(Date.now());
    const first = await send(api, id, 0, bytes.subarray(0, MIB));
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, String(MIB)]);
    expect(first.headers.get('quarry-file')).toBeNull();
    expect(await offsetOf(api, id)).toBe(MIB);
    const last = await send(api, id, MIB, bytes.subarray(MIB));
    expect([last.status, last.headers.get('upload-offset')]).toEqual([204, String(bytes.length)]);
    const fileId = last.headers.get('quarry-file')!;
    expect((await download(api, fileId)).equals(bytes)).toBe(true);
    expect(await (await api.call('GET', `files/${fileId}/`)).json()).toMatchObject({
      name: 'Gitter für Ölwanne.dat',
      typeId: 4,
      executable: true,
      dateModified: '2026-01-05T09:00:00.000000Z',
      decryptedSize: bytes.length,
      fileChecksums: [{ hashFunction: 'sha512', fileHash: sha512Of(bytes) }],
    });
    expect(await look(api, id)).toMatchObject({
      file: { id: fileId },
      receivedBytes: bytes.length,
      parts: [],
    });
    expect(await offsetOf(api, id)).toBe(bytes.length);
    expect(await staged()).not.toContain(id);
  });
});

describe('a divided upload', () => {
  test('takes its parts in any order and at once, and becomes a file when it is finished', async () => {
    const bytes = randomBytes(5 * MIB + 123);
    const upload = await begun(api, bytes.length, { partBytes: MIB, fingerprint: 'mine' });
    expect(upload.parts.map(({ start, sizeBytes }) => [start, sizeBytes])).toEqual([
      [0, MIB],
      [MIB, MIB],
      [2 * MIB, MIB],
      [3 * MIB, MIB],
      [4 * MIB, MIB],
      [5 * MIB, 123],
    ]);
    const sent = await Promise.all(
      upload.parts
        .toReversed()
        .map(({ id, start, sizeBytes }) => send(api, id, 0, bytes.subarray(start, start + sizeBytes))),
    );
    expect(sent.map(({ status }) => status)).toEqual(upload.parts.map(() => 204));
    expect(await look(api, upload.id)).toMatchObject({ receivedBytes: bytes.length, file: null });
    const file = await finished(api, upload.id, sha512Of(bytes));
    expect((await download(api, file.id)).equals(bytes)).toBe(true);
    expect(await finished(api, upload.id, sha512Of(bytes))).toEqual(file);
    expect(await staged()).not.toContain(upload.id);
  });
});
