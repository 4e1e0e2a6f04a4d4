import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha512Of } from '../testing/suites/blobs.ts';
import { type FilesHarness, MIB, startFilesApi, until } from './files-harness.ts';
import {
  begin,
  begun,
  download,
  expectRefusal,
  finish,
  finished,
  look,
  metadata,
  offsetOf,
  send,
  slowBody,
  TUS,
} from './uploads-harness.ts';

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

  test('may bring bytes with its creation, and its name as `name`', async () => {
    const bytes = Buffer.from('hello');
    const headers = { 'content-type': 'application/offset+octet-stream' };
    const values = { name: 'C:\\data\\mesh.dat', filetype: 'text/plain', relativePath: 'x/y' };
    const some = await begin(api, 5, values, { headers, body: bytes.subarray(0, 2) });
    expect([some.status, some.headers.get('upload-offset')]).toEqual([201, '2']);
    expect(await some.json()).toMatchObject({ name: 'mesh.dat', receivedBytes: 2, file: null });
    const all = await begin(api, 5, values, { headers, body: bytes });
    expect([all.status, all.headers.get('upload-offset')]).toEqual([201, '5']);
    const { file } = (await all.json()) as { file: { id: string } };
    expect(all.headers.get('quarry-file')).toBe(file.id);
    expect((await download(api, file.id)).equals(bytes)).toBe(true);
  });

  test('keeps a name to the byte, and refuses one that is not UTF-8', async () => {
    for (const name of ['a%22b%0D.txt', 'a\\b.txt', '100%.txt', 'Größe']) {
      expect((await begun(api, 1, { filename: name })).name).toBe(name);
    }
    const latin1 = Buffer.from('\xe9t\xe9.txt', 'latin1').toString('base64');
    const response = await begin(api, 1, {}, { headers: { 'upload-metadata': `filename ${latin1}` } });
    expect([response.status, await response.json()]).toEqual([
      400,
      { filename: [expect.stringContaining('It is not UTF-8.')] },
    ]);
  });

  test('of no bytes is a file at once', async () => {
    const response = await begin(api, 0, { filename: 'empty' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ file: { name: 'empty', decryptedSize: 0 } });
  });

  test('tells HEAD what it was begun with', async () => {
    const values = { filename: 'input.dat', filetype: 'text/plain' };
    const { id } = await begun(api, 10, values);
    const response = await api.call('HEAD', `files/uploads/${id}/`, { headers: TUS });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'upload-length': '10',
      'upload-metadata': metadata(values),
      'cache-control': 'no-store',
      'upload-expires': expect.stringContaining('GMT'),
    });
  });

  test('keeps what came before the connection broke', async () => {
    const bytes = randomBytes(2 * MIB);
    const { id } = await begun(api, bytes.length);
    const body = slowBody(bytes.subarray(0, MIB));
    const broken = expect(send(api, id, 0, body.stream)).rejects.toThrow();
    await until(async () => (await look(api, id)).isActive);
    body.break();
    await broken;
    await until(async () => !(await look(api, id)).isActive);
    const offset = await offsetOf(api, id);
    expect(offset).toBe((await look(api, id)).receivedBytes);
    expect((await send(api, id, offset, bytes.subarray(offset))).headers.get('quarry-file')).not.toBeNull();
  });

  test('is taken over by a client that is back before the server knows that it went', async () => {
    const bytes = randomBytes(MIB);
    const { id } = await begun(api, bytes.length);
    const body = slowBody(bytes.subarray(0, 1000));
    const first = send(api, id, 0, body.stream);
    await until(async () => (await look(api, id)).isActive);
    const offset = await offsetOf(api, id);
    const second = await send(api, id, offset, bytes.subarray(offset));
    expect(second.headers.get('upload-offset')).toBe(String(bytes.length));
    await expectRefusal(await first, 423, 'upload_taken_over');
    expect((await download(api, second.headers.get('quarry-file')!)).equals(bytes)).toBe(true);
  });

  test('is one file of the right bytes, however many send it at once', async () => {
    const bytes = randomBytes(3 * MIB);
    const { id } = await begun(api, bytes.length);
    const answers = await Promise.all([1, 2, 3].map(() => send(api, id, 0, bytes)));
    for (const { status } of answers) {
      expect([204, 409, 423]).toContain(status);
    }
    const offset = await offsetOf(api, id);
    if (offset < bytes.length) {
      await send(api, id, offset, bytes.subarray(offset));
    }
    const { file } = await look(api, id);
    expect((await download(api, file!.id)).equals(bytes)).toBe(true);
  });

  test('is forgotten with its bytes when it is deleted, also while bytes arrive', async () => {
    const { id } = await begun(api, MIB);
    const sending = send(api, id, 0, slowBody(randomBytes(1000)).stream);
    await until(async () => (await look(api, id)).isActive);
    expect((await api.call('DELETE', `files/uploads/${id}/`, { headers: TUS })).status).toBe(204);
    await expectRefusal(await sending, 423, 'upload_taken_over');
    expect((await api.call('HEAD', `files/uploads/${id}/`, { headers: TUS })).status).toBe(404);
    expect(await staged()).not.toContain(id);
  });

  test('is gone when it is deleted after it became a file, and the file stays', async () => {
    const { id } = await begun(api, 1);
    const fileId = (await send(api, id, 0, Buffer.from('x'))).headers.get('quarry-file')!;
    expect((await api.call('DELETE', `files/uploads/${id}/`, { headers: TUS })).status).toBe(204);
    expect((await api.call('GET', `files/uploads/${id}/`)).status).toBe(404);
    expect((await download(api, fileId)).toString()).toBe('x');
  });
});

describe('partial uploads', () => {
  const partial = { headers: { 'upload-concat': 'partial' } };

  test('are joined to a file, and to the same one when the answer was lost', async () => {
    const bytes = randomBytes(2 * MIB + 5);
    const cuts = [0, 5, MIB, bytes.length];
    const urls: string[] = [];
    for (let index = 1; index < cuts.length; index++) {
      const part = bytes.subarray(cuts[index - 1], cuts[index]);
      const response = await begin(
        api,
        part.length,
        {},
        { headers: { ...partial.headers, 'upload-metadata': '' } },
      );
      expect(response.status).toBe(201);
      const url = response.headers.get('location')!;
      urls.push(index % 2 === 0 ? url : new URL(url).pathname);
      expect((await send(api, /(\w+)\/$/.exec(url)![1]!, 0, part)).headers.get('quarry-file')).toBeNull();
    }
    const join = () =>
      api.call('POST', 'files/uploads/', {
        headers: {
          ...TUS,
          'upload-concat': `final;${urls.join(' ')}`,
          'upload-metadata': metadata({ filename: 'joined' }),
        },
      });
    const first = await join();
    expect(first.status).toBe(201);
    const fileId = first.headers.get('quarry-file')!;
    expect((await download(api, fileId)).equals(bytes)).toBe(true);
    const again = await join();
    expect([again.status, again.headers.get('quarry-file')]).toEqual([201, fileId]);
    for (const url of urls) {
      expect(await staged()).not.toContain(/(\w+)\/$/.exec(url)![1]!);
    }
  });

  test('are not joined before they are complete, nor with what is none, nor by themselves', async () => {
    const { id } = await begun(api, 10, {}, partial);
    const whole = await begun(api, 10);
    const join = (what: string) =>
      api.call('POST', 'files/uploads/', {
        headers: { ...TUS, 'upload-concat': `final;${what}`, 'upload-metadata': metadata({ filename: 'x' }) },
      });
    await expectRefusal(await join(`/files/uploads/${id}/`), 409, 'parts_missing');
    await expectRefusal(await join(`/files/uploads/${whole.id}/`), 400, 'not_partial');
    await expectRefusal(await join('/files/uploads/AbSent/'), 404, 'not_found');
    await send(api, id, 0, Buffer.alloc(10));
    await expectRefusal(await finish(api, id), 400, 'upload_partial');
  });
});

describe('a request that is not as the protocol says', () => {
  const patch = (id: string, headers: Record<string, string>, body = 'x') =>
    api.call('PATCH', `files/uploads/${id}/`, { headers, body });
  const BYTES = { 'content-type': 'application/offset+octet-stream' };

  test('is refused by header, in words', async () => {
    const { id } = await begun(api, 4);
    await expectRefusal(await patch(id, { ...BYTES, 'upload-offset': '0' }), 412, 'tus_version');
    const other = await patch(id, { ...BYTES, 'tus-resumable': '0.2.2', 'upload-offset': '0' });
    expect(other.headers.get('tus-version')).toBe('1.0.0');
    await expectRefusal(other, 412, 'tus_version');
    await expectRefusal(await patch(id, { ...TUS, ...BYTES }), 400, 'invalid_header');
    await expectRefusal(await patch(id, { ...TUS, ...BYTES, 'upload-offset': '-1' }), 400, 'invalid_header');
    const text = { ...TUS, 'content-type': 'text/plain', 'upload-offset': '0' };
    await expectRefusal(await patch(id, text), 415, 'unsupported_media_type');
    await expectRefusal(await send(api, id, 1, Buffer.from('x')), 409, 'offset_mismatch');
    await expectRefusal(await send(api, id, 0, Buffer.from('12345')), 413, 'too_large');
    const chunked = slowBody(Buffer.from('12345'));
    chunked.close();
    await expectRefusal(await send(api, id, 0, chunked.stream), 413, 'too_large');
    const create = (headers: Record<string, string>) => api.call('POST', 'files/uploads/', { headers });
    await expectRefusal(await create({ 'upload-length': '1' }), 412, 'tus_version');
    await expectRefusal(await create({ ...TUS }), 400, 'invalid_header');
    await expectRefusal(await create({ ...TUS, 'upload-length': 'ten' }), 400, 'invalid_header');
    await expectRefusal(await create({ ...TUS, 'upload-defer-length': '1' }), 501, 'not_implemented');
    const unreadable = { ...TUS, 'upload-length': '1', 'upload-metadata': 'filename not-base64' };
    await expectRefusal(await create(unreadable), 400, 'invalid_header');
  });

  test('is refused by field of its metadata', async () => {
    const refused = async (values: Record<string, string | number>, size = 1) => {
      const response = await begin(api, size, values);
      expect(response.status).toBe(400);
      return await response.json();
    };
    expect(await refused({})).toEqual({ filename: [expect.stringContaining('no usable name')] });
    expect(await refused({ filename: '..', typeId: 'x', executable: 'maybe', dateModified: 'now' })).toEqual({
      filename: [expect.any(String)],
      typeId: [expect.any(String)],
      executable: [expect.any(String)],
      dateModified: [expect.any(String)],
    });
    expect(await refused({ filename: 'a', partBytes: 1000 }, 10 * MIB)).toEqual({
      partBytes: [expect.stringContaining('1048576')],
    });
    expect(await refused({ filename: 'a', partBytes: MIB }, 20_000 * MIB)).toEqual({
      partBytes: [expect.stringContaining('at most 10000 parts')],
    });
  });

  test('is told by OPTIONS what is served', async () => {
    const { id } = await begun(api, 1);
    for (const path of ['', `${id}/`]) {
      const response = await api.call('OPTIONS', `files/uploads/${path}`);
      expect([response.status, Object.fromEntries(response.headers)]).toMatchObject([
        204,
        {
          'tus-resumable': '1.0.0',
          'tus-version': '1.0.0',
          'tus-extension': 'creation,creation-with-upload,expiration,termination,concatenation',
          'tus-max-size': String(api.context.uploadBytes),
        },
      ]);
    }
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

  test('is found again by its fingerprint, and gone on with where it was left', async () => {
    const bytes = randomBytes(2 * MIB);
    const upload = await begun(api, bytes.length, { partBytes: MIB, fingerprint: 'again' });
    await begun(api, bytes.length, { partBytes: MIB, fingerprint: 'another' });
    await send(api, upload.parts[0]!.id, 0, bytes.subarray(0, 1000));
    const response = await api.call('GET', 'files/uploads/?fingerprint=again');
    const { results } = (await response.json()) as { results: (typeof upload)[] };
    expect(results).toEqual([await look(api, upload.id)]);
    expect(results[0]).toMatchObject({ isActive: false, receivedBytes: 1000, fingerprint: 'again' });
    expect(results[0]!.parts.map(({ receivedBytes }) => receivedBytes)).toEqual([1000, 0]);
    const missing = await finish(api, upload.id);
    expect(((await missing.clone().json()) as { detail: string }).detail).toContain(`${2 * MIB - 1000} of`);
    await expectRefusal(missing, 409, 'parts_missing');
    await send(api, upload.parts[0]!.id, 1000, bytes.subarray(1000, MIB));
    await send(api, upload.parts[1]!.id, 0, bytes.subarray(MIB));
    expect((await finished(api, upload.id)).fileChecksums[0]!.fileHash).toBe(sha512Of(bytes));
    const list = await api.call('GET', 'files/uploads/?fingerprint=again');
    expect(await list.json()).toMatchObject({ count: 0, results: [] });
  });

  test('tells which part has a wrong byte, and is mended by that part alone', async () => {
    const bytes = randomBytes(4 * MIB);
    const wrong = Buffer.from(bytes);
    wrong[2 * MIB + 7]! ^= 1;
    const upload = await begun(api, bytes.length, { partBytes: MIB });
    const sendPart = (index: number, from: Buffer) => {
      const { id, start, sizeBytes } = upload.parts[index]!;
      return send(api, id, 0, from.subarray(start, start + sizeBytes));
    };
    for (const index of [0, 1, 2, 3]) {
      await sendPart(index, wrong);
    }
    await expectRefusal(await finish(api, upload.id, sha512Of(bytes)), 409, 'digest_mismatch');
    const path = `files/uploads/${upload.id}/part-digests/?partBytes=${MIB}`;
    const { digests } = (await (await api.call('GET', path)).json()) as { digests: string[] };
    const differs = [0, 1, 2, 3].filter(
      (index) => digests[index] !== sha512Of(bytes.subarray(index * MIB, (index + 1) * MIB)),
    );
    expect(differs).toEqual([2]);
    const part = upload.parts[2]!.id;
    expect((await api.call('DELETE', `files/uploads/${part}/`, { headers: TUS })).status).toBe(204);
    expect(await offsetOf(api, part)).toBe(0);
    await expectRefusal(await api.call('GET', path), 409, 'parts_missing');
    expect((await sendPart(2, bytes)).status).toBe(204);
    const file = await finished(api, upload.id, sha512Of(bytes).toUpperCase());
    expect((await download(api, file.id)).equals(bytes)).toBe(true);
    expect(((await (await api.call('GET', path)).json()) as { digests: string[] }).digests).toHaveLength(4);
    const late = await api.call('DELETE', `files/uploads/${part}/`, { headers: TUS });
    await expectRefusal(late, 409, 'upload_finished');
  });

  test('becomes one file when it is finished by many at once', async () => {
    const upload = await begun(api, MIB + 1, { partBytes: MIB });
    await send(api, upload.parts[0]!.id, 0, randomBytes(MIB));
    await send(api, upload.parts[1]!.id, 0, randomBytes(1));
    const files = await Promise.all([1, 2, 3, 4].map(() => finished(api, upload.id)));
    expect(new Set(files.map(({ id }) => id)).size).toBe(1);
  });

  test('takes its bytes by its parts alone', async () => {
    const upload = await begun(api, 2 * MIB, { partBytes: MIB });
    await expectRefusal(await send(api, upload.id, 0, Buffer.from('x')), 400, 'upload_divided');
    expect(await offsetOf(api, upload.id)).toBe(0);
    await send(api, upload.parts[0]!.id, 0, randomBytes(MIB));
    expect(await offsetOf(api, upload.id)).toBe(MIB);
    const headers = { 'content-type': 'application/offset+octet-stream' };
    const carrying = await begin(api, 2 * MIB, { filename: 'x', partBytes: MIB }, { headers, body: 'x' });
    expect([carrying.status, await carrying.json()]).toEqual([400, { partBytes: [expect.any(String)] }]);
  });

  test('goes with all its parts when it is deleted, also while they arrive', async () => {
    const upload = await begun(api, 2 * MIB, { partBytes: MIB });
    const sending = upload.parts.map(({ id }) => send(api, id, 0, slowBody(randomBytes(10)).stream));
    await until(async () => (await look(api, upload.id)).isActive);
    expect((await api.call('DELETE', `files/uploads/${upload.id}/`, { headers: TUS })).status).toBe(204);
    for (const { status } of await Promise.all(sending)) {
      expect([404, 423]).toContain(status);
    }
    expect((await api.call('GET', `files/uploads/${upload.id}/`)).status).toBe(404);
    expect(await staged()).not.toContain(upload.id);
  });
});
