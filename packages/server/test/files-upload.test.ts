import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FileObject } from '@quarry/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { often } from '../../contract/testing/often.ts';
import { listed, sha512Of } from '../testing/suites/blobs.ts';
import {
  type FilesHarness,
  filePart,
  json,
  MIB,
  multipart,
  sendMultipart,
  startFilesApi,
  until,
  upload,
} from './files-harness.ts';

let api: FilesHarness;

beforeAll(async () => {
  api = await startFilesApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

describe('uploading', () => {
  test('answers 201 with every field of the file, stored under its SHA-512', async () => {
    const bytes = randomBytes(2_500_000);
    const file = await upload(api, bytes, 'mesh.inp');
    expect(file).toMatchObject({
      name: 'mesh.inp',
      relativePath: 'mesh.inp',
      typeId: 1,
      owner: `${api.userId}@example.org`,
      decryptedSize: bytes.length,
      downloadUrl: `${api.url}/api/v2/files/${file.id}/contents/`,
      isUploaded: true,
      isDeleted: false,
      fileChecksums: [{ hashFunction: 'sha512', fileHash: sha512Of(bytes) }],
    });
    expect(file.path).toMatch(new RegExp(`^user/user_${api.userId}/mesh\\.inp-\\w+$`));
    expect(Buffer.from(file.encodedEncryptionKey, 'base64')).toHaveLength(32);
    expect(file.pathParts).toEqual({ container: 'quarry', path: file.path });
  });

  test('works with PUT, under v3, under the unversioned alias and without the last slash', async () => {
    for (const [method, path] of [
      ['PUT', '/api/v2/files/contents/'],
      ['PUT', '/api/v3/files/contents/'],
      ['POST', '/api/files/contents'],
      ['POST', '/api/v2/files/contents'],
    ] as const) {
      const response = await fetch(`${api.url}${path}`, {
        method,
        headers: { authorization: `Token ${api.key}`, 'content-type': 'multipart/form-data; boundary=XX' },
        body: multipart([[filePart('a.txt'), 'a']]) as unknown as RequestInit['body'],
      });
      expect([method, path, response.status]).toEqual([method, path, 201]);
    }
  });

  test('keeps the same bytes once, in as many files as were uploaded', async () => {
    await using own = await startFilesApi();
    const bytes = randomBytes(1_200_000);
    const files = await Promise.all(Array.from({ length: 8 }, (_, n) => upload(own, bytes, `copy-${n}`)));
    expect(new Set(files.map(({ id }) => id)).size).toBe(8);
    expect(await listed(own.storage)).toHaveLength(1);
  });

  test.each([
    ['a name with directories', 'dir/sub/model.inp', 'model.inp'],
    ['a name that climbs', '../../etc/passwd', 'passwd'],
    ['an absolute name', '/home/me/model.inp', 'model.inp'],
    ['a Windows path', 'C:\\\\work\\\\model.inp', 'model.inp'],
    ['a name in UTF-8', 'модель 模型 ü.inp', 'модель 模型 ü.inp'],
    ['a quotation mark as browsers write it', 'a%22b.txt', 'a"b.txt'],
    ['a percent sign', '100%.txt', '100%.txt'],
    ['a semicolon', 'a;b=c.txt', 'a;b=c.txt'],
    ['a name of 255 bytes', 'x'.repeat(255), 'x'.repeat(255)],
    ['a leading dot', '.bashrc', '.bashrc'],
  ])('takes the last component of %s', async (_, sent, name) => {
    const response = await sendMultipart(api, multipart([[filePart(sent), 'x']]));
    expect([response.status, (await json(response)).name]).toEqual([201, name]);
  });

  test('understands a name in the extended notation of RFC 5987', async () => {
    const header = 'Content-Disposition: form-data; name="file"; filename*=UTF-8\'\'%E6%A8%A1%E5%9E%8B.inp';
    expect(await json(await sendMultipart(api, multipart([[header, 'x']])))).toMatchObject({
      name: '模型.inp',
    });
  });

  test('a name in bytes that are not UTF-8 is read as Windows-1252, and the answer says so', async () => {
    const part = Buffer.from(
      'Content-Disposition: form-data; name="file"; filename="\xe9t\xe9.txt"',
      'latin1',
    );
    const body = Buffer.concat([Buffer.from('--XX\r\n'), part, Buffer.from('\r\n\r\nx\r\n--XX--\r\n')]);
    const response = await sendMultipart(api, body);
    expect(response.headers.get('warning')).toContain('Windows-1252');
    expect(await json(response)).toMatchObject({
      name: 'été.txt',
      warnings: [expect.stringMatching(/not sent in UTF-8.*"été\.txt"/)],
    });
  });

  test('of a name in both notations the extended one counts, whichever comes first', async () => {
    const [plain, extended] = ['filename="plain.txt"', "filename*=utf-8''%C3%A9.txt"];
    for (const names of [`${plain}; ${extended}`, `${extended}; ${plain}`]) {
      const header = `Content-Disposition: form-data; name="file"; ${names}`;
      const file = await json(await sendMultipart(api, multipart([[header, 'x']])));
      expect([file.name, file.warnings]).toEqual(['é.txt', undefined]);
    }
  });

  const typeIdField = 'Content-Disposition: form-data; name="typeId"';
  const typeIdFile = 'Content-Disposition: form-data; name="typeId"; filename="typeId"';
  test.each<[string, [string, string][], Record<string, unknown>]>([
    [
      'typeId as a field before the file',
      [
        [typeIdField, '4'],
        [filePart('a'), 'x'],
      ],
      { typeId: 4 },
    ],
    [
      'typeId as a field behind the file',
      [
        [filePart('a'), 'x'],
        [typeIdField, '2'],
      ],
      { typeId: 2 },
    ],
    [
      'typeId as a file part of its own',
      [
        [typeIdFile, '2'],
        [filePart('a'), 'x'],
      ],
      { typeId: 2 },
    ],
    [
      'typeId as a file part behind the file',
      [
        [filePart('a'), 'x'],
        [typeIdFile, '3'],
      ],
      { typeId: 3 },
    ],
    [
      'an unknown typeId',
      [
        [filePart('a'), 'x'],
        [typeIdField, '6'],
      ],
      { typeId: 6 },
    ],
    [
      'an empty typeId',
      [
        [filePart('a'), 'x'],
        [typeIdField, ''],
      ],
      { typeId: 1 },
    ],
    [
      'extra fields',
      [
        ['Content-Disposition: form-data; name="x"', 'y'],
        [filePart('a'), 'x'],
      ],
      { name: 'a' },
    ],
    ['a file of no bytes', [[filePart('empty'), '']], { decryptedSize: 0 }],
    [
      'a part that calls itself multipart',
      [[filePart('a', '\r\nContent-Type: multipart/form-data'), 'x']],
      { name: 'a' },
    ],
    [
      'a Content-Type that is a dict',
      [[filePart('a', "\r\nContent-Type: {'type_id': 1}"), 'x']],
      { name: 'a' },
    ],
  ])('accepts %s', async (_, parts, expected) => {
    const response = await sendMultipart(api, multipart(parts));
    expect([response.status, await response.json()]).toMatchObject([201, expected]);
  });

  test('says which further file parts it dropped', async () => {
    const other = 'Content-Disposition: form-data; name="other"; filename="b"';
    const response = await sendMultipart(
      api,
      multipart([
        [other, 'b'],
        [filePart('a'), 'x'],
      ]),
    );
    expect(response.headers.get('warning')).toContain('other');
    expect(await json(response)).toMatchObject({ name: 'a', decryptedSize: 1 });
  });

  test('gives back whatever bytes were sent, also those that look like boundaries', async () => {
    const looksLike = fc.constantFrom('--XX', '\r\n--X', '\r\n--', '\r\n', '--XX--', 'X', '\r', '-');
    const bytes = fc.array(fc.oneof(looksLike, fc.string({ maxLength: 30 })), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(bytes, async (pieces) => {
        const text = pieces.join('');
        fc.pre(!`\r\n${text}\r\n`.includes('\r\n--XXY'));
        const response = await sendMultipart(api, multipart([[filePart('a'), text]], 'XXYZ'), {
          boundary: 'XXYZ',
        });
        const { id } = (await response.json()) as FileObject;
        expect(await (await api.call('GET', `files/${id}/contents/`)).text()).toBe(text);
      }),
      { numRuns: often(40) },
    );
  });

  test('serves curl: chunked bodies, Expect: 100-continue, names with directories', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'quarry-curl-'));
    const path = join(directory, 'big.bin');
    const bytes = randomBytes(3 * MIB);
    await writeFile(path, bytes);
    for (const header of ['Transfer-Encoding: chunked', 'Expect: 100-continue']) {
      const { stdout } = await promisify(execFile)('curl', [
        ...['-sS', '-H', `Authorization: Token ${api.key}`, '-H', header],
        ...[
          '-F',
          `file=@${path};filename=dir/big.bin`,
          '-F',
          'typeId=1',
          `${api.url}/api/v2/files/contents/`,
        ],
      ]);
      expect(JSON.parse(stdout)).toMatchObject({
        name: 'big.bin',
        fileChecksums: [{ fileHash: sha512Of(bytes) }],
      });
    }
    await rm(directory, { recursive: true });
  });

  test('leaves nothing of an upload whose client goes away', async () => {
    await using own = await startFilesApi();
    for (const sentBytes of [1000, 5 * MIB]) {
      const sending = request(`${own.url}/api/v2/files/contents/`, {
        method: 'POST',
        headers: {
          authorization: `Token ${own.key}`,
          'content-type': 'multipart/form-data; boundary=XX',
          'content-length': String(20 * MIB),
        },
      });
      sending.on('error', () => undefined);
      sending.write(`--XX\r\n${filePart('gone.dat')}\r\n\r\n`);
      await new Promise((resolve) => sending.write(randomBytes(sentBytes), resolve));
      if (sentBytes > MIB) {
        await until(async () => (await readdir(join(own.directory, 'incoming'))).length === 1);
      }
      sending.destroy();
    }
    await until(async () => (await readdir(join(own.directory, 'incoming'))).length === 0);
    expect(await listed(own.storage)).toEqual([]);
    expect(await json(await own.call('GET', 'files/'))).toMatchObject({ count: 0 });
  });
});
