import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type FileObject, fileObject, type Page, page } from '@quarry/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectBlobs, collectStrays } from '../src/api/files/collect-blobs.ts';
import { LIMITS } from '../src/limits.ts';
import { chunksOf, listed, sha512Of } from '../testing/suites/storage.ts';
import { type FilesHarness, startFilesApi } from './files-harness.ts';

const MIB = 1024 * 1024;
let api: FilesHarness;

beforeAll(async () => {
  api = await startFilesApi({ uploadBytes: 40 * MIB, linesBytes: 2 * MIB });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

async function upload(
  bytes: Uint8Array | string,
  name = 'input.dat',
  server = api,
  key?: string,
): Promise<FileObject> {
  const form = new FormData();
  form.set('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const response = await server.call('POST', 'files/contents/', { body: form, key });
  expect(response.status).toBe(201);
  return fileObject.parse(await response.json());
}

/** A multipart body written by hand: each part is its header lines and its bytes. */
function multipart(parts: [header: string, body: string | Buffer][], boundary = 'XX'): Buffer {
  const pieces = parts.flatMap(([header, body]) => [`--${boundary}\r\n${header}\r\n\r\n`, body, '\r\n']);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece as string)));
}

function sendMultipart(body: Buffer, options: { method?: string; boundary?: string; path?: string } = {}) {
  const { method = 'POST', boundary = 'XX', path = 'files/contents/' } = options;
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  return api.call(method, path, { headers, body: body as unknown as RequestInit['body'] });
}

const filePart = (name: string, more = ''): string =>
  `Content-Disposition: form-data; name="file"; filename="${name}"${more}`;

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

describe('uploading', () => {
  test('answers 201 with every field of the file, stored under its SHA-512', async () => {
    const bytes = randomBytes(2_500_000);
    const file = await upload(bytes, 'mesh.inp');
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
    const files = await Promise.all(Array.from({ length: 8 }, (_, n) => upload(bytes, `copy-${n}`, own)));
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
    const response = await sendMultipart(multipart([[filePart(sent), 'x']]));
    expect([response.status, (await json(response)).name]).toEqual([201, name]);
  });

  test('understands a name in the extended notation of RFC 5987', async () => {
    const header = 'Content-Disposition: form-data; name="file"; filename*=UTF-8\'\'%E6%A8%A1%E5%9E%8B.inp';
    expect(await json(await sendMultipart(multipart([[header, 'x']])))).toMatchObject({ name: '模型.inp' });
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
    const response = await sendMultipart(multipart(parts));
    expect([response.status, await response.json()]).toMatchObject([201, expected]);
  });

  test('says which further file parts it dropped', async () => {
    const other = 'Content-Disposition: form-data; name="other"; filename="b"';
    const response = await sendMultipart(
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
        const response = await sendMultipart(multipart([[filePart('a'), text]], 'XXYZ'), {
          boundary: 'XXYZ',
        });
        const { id } = (await response.json()) as FileObject;
        expect(await (await api.call('GET', `files/${id}/contents/`)).text()).toBe(text);
      }),
      { numRuns: 40 },
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
      if (sentBytes > MIB)
        await until(async () => (await readdir(join(own.directory, 'incoming'))).length === 1);
      sending.destroy();
    }
    await until(async () => (await readdir(join(own.directory, 'incoming'))).length === 0);
    expect(await listed(own.storage)).toEqual([]);
    expect(await json(await own.call('GET', 'files/'))).toMatchObject({ count: 0 });
  });
});

describe('refusing an upload', () => {
  const control = (name: string) => multipart([[filePart(name), 'x']]);
  const typeId = 'Content-Disposition: form-data; name="typeId"';
  test.each<[string, Buffer, string | RegExp]>([
    ['no file', multipart([[typeId, '1']]), /"file":\["No file was submitted/],
    ['no parts at all', Buffer.from('--XX--\r\n'), /"file":\["No file was submitted/],
    [
      'a file without a name',
      multipart([['Content-Disposition: form-data; name="file"', 'x']]),
      /"file":\["The submitted data was not a file/,
    ],
    ['an empty name', control(''), /"file":\["The file has no usable name. This field may not be blank/],
    ['the name .', control('.'), /\\"\.\\" is not a file name/],
    ['the name ..', control('..'), /\\"\.\.\\" is not a file name/],
    ['a name that ends in a slash', control('directory/'), /may not be blank/],
    ['a name with NUL', control('a\0b'), /"file":\["The file has no usable name. Control characters/],
    ['a name with a control character', control('a\x01b'), /Control characters/],
    ['a name with a line break', control('a%0Ab'), /Control characters/],
    ['a name of 300 characters', control('x'.repeat(300)), /too long/],
    ['a name of 256 bytes in 128 letters', control('ü'.repeat(128)), /too long/],
    [
      'two files',
      multipart([
        [filePart('a'), 'x'],
        [filePart('b'), 'y'],
      ]),
      /"file":\["Two files were submitted/,
    ],
    [
      'two large files',
      multipart([
        [filePart('a'), randomBytes(3 * MIB)],
        [filePart('b'), randomBytes(3 * MIB)],
      ]),
      /Two files/,
    ],
    [
      'a typeId that is no number',
      multipart([
        [filePart('a'), 'x'],
        [typeId, 'input'],
      ]),
      /"typeId":\["A valid integer/,
    ],
    [
      'a negative typeId',
      multipart([
        [typeId, '-1'],
        [filePart('a'), 'x'],
      ]),
      /"typeId":\["Ensure this value is greater/,
    ],
    ['a body that is not multipart', Buffer.from('hello'), /Multipart form parse error/],
    ['an empty body', Buffer.alloc(0), /Multipart form parse error/],
    [
      'a body that ends inside the file',
      multipart([[filePart('a'), 'abcdef']]).subarray(0, -12),
      /Multipart form parse error/,
    ],
    [
      'a body that ends inside a large file',
      multipart([[filePart('a'), randomBytes(3 * MIB)]]).subarray(0, 2 * MIB),
      /Multipart form parse error/,
    ],
    ['a body that ends inside a header', Buffer.from('--XX\r\nContent-Dispo'), /Multipart form parse error/],
    [
      'too many fields',
      multipart([
        ...Array.from({ length: LIMITS.multipartFields + 1 }, (_, n): [string, string] => [
          `Content-Disposition: form-data; name="f${n}"`,
          'x',
        ]),
        [filePart('a'), 'x'],
      ]),
      /more than 50 parts/,
    ],
  ])('says what is wrong with %s, and keeps nothing', async (_, body, words) => {
    const before = await listed(api.storage);
    const response = await sendMultipart(body);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(words);
    expect(await listed(api.storage)).toEqual(before);
    expect(await readdir(join(api.directory, 'incoming'))).toEqual([]);
  });

  test('says which media type it wants', async () => {
    const response = await api.call('POST', 'files/contents/', {
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect([response.status, await response.text()]).toEqual([
      415,
      expect.stringContaining('multipart/form-data'),
    ]);
    const noBoundary = await api.call('POST', 'files/contents/', {
      headers: { 'content-type': 'multipart/form-data' },
      body: 'x',
    });
    expect([noBoundary.status, await noBoundary.text()]).toEqual([400, expect.stringContaining('boundary')]);
  });

  test('answers 413 in words to a file over the limit, announced or not, and goes on serving', async () => {
    const body = multipart([[filePart('big'), randomBytes(44 * MIB)]]);
    const announced = await sendMultipart(body);
    expect([announced.status, await announced.text()]).toEqual([
      413,
      expect.stringContaining(`${40 * MIB} bytes`),
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=XX' };
    const stream = ReadableStream.from(chunksOf([body])) as unknown as RequestInit['body'];
    expect((await api.call('POST', 'files/contents/', { headers, body: stream })).status).toBe(413);
    expect(await readdir(join(api.directory, 'incoming'))).toEqual([]);
    expect((await upload('still here')).decryptedSize).toBe(10);
  });

  test('answers any broken body with a 4xx and never hangs', async () => {
    const whole = multipart([
      [typeId, '1'],
      [filePart('a'), 'content of the file'],
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const body = Buffer.from(cut ? whole.subarray(0, at) : whole);
        if (!cut) body[at] = byte;
        const response = await sendMultipart(body);
        await response.text();
        expect(response.status === 201 || (response.status >= 400 && response.status < 500)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('is unharmed by a client that breaks off inside the headers of a part', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    const head = [
      'POST /api/v2/files/contents/ HTTP/1.1',
      'Host: x',
      `Authorization: Token ${api.key}`,
      'Content-Type: multipart/form-data; boundary=XX',
      'Content-Length: 1000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n--XX\r\nContent-Disposition: form-data; name="fi`);
    await sleep(50);
    socket.destroy();
    await once(socket, 'close');
    expect((await upload('still here')).decryptedSize).toBe(10);
  });

  test.skipIf(!canMount())(
    'answers 507 in words when the disk is full, and goes on serving (needs root)',
    async () => {
      const disk = await mkdtemp(join(tmpdir(), 'quarry-disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
      try {
        await using own = await startFilesApi({ storageDirectory: disk, reserveBytes: 0 });
        const kept = await upload(randomBytes(MIB), 'kept', own);
        const headers = {
          authorization: `Token ${own.key}`,
          'content-type': 'multipart/form-data; boundary=XX',
        };
        const body = multipart([[filePart('big'), randomBytes(30 * MIB)]]);
        for (const sent of [body, ReadableStream.from(chunksOf([body]))]) {
          const response = await own.call('POST', 'files/contents/', {
            headers,
            body: sent as unknown as RequestInit['body'],
          });
          expect([response.status, await response.text()]).toEqual([
            507,
            expect.stringContaining('no space left'),
          ]);
        }
        expect(await readdir(join(disk, 'incoming'))).toEqual([]);
        expect((await own.call('GET', `files/${kept.id}/contents/`)).status).toBe(200);
        expect((await upload(randomBytes(2 * MIB), 'fits', own)).decryptedSize).toBe(2 * MIB);
      } finally {
        execFileSync('umount', [disk]);
        await rm(disk, { recursive: true });
      }
    },
  );
});

describe('downloading', () => {
  const bytes = randomBytes(3_000_000);
  let file: FileObject;
  const get = (headers: Record<string, string> = {}, method = 'GET') =>
    api.call(method, `files/${file.id}/contents`, { headers });

  beforeAll(async () => {
    file = await upload(bytes, 'résult "1".dat');
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
    const empty = await upload('', 'empty');
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
    const small = await upload('x', 'x', own);
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
    const lost = await upload(randomBytes(100), 'lost');
    await rm(api.storage.localPath(lost.fileChecksums[0]!.fileHash)!);
    const response = await api.call('GET', `files/${lost.id}/contents/`);
    expect([response.status, await json(response)]).toMatchObject([500, { code: 'bytes_missing' }]);
  });
});

describe('reading lines', () => {
  const linesOf = async (bytes: Uint8Array | string) => {
    const { id } = await upload(bytes, 'text.log');
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

  test('says where to read a file that is too large', async () => {
    const { id } = await upload(new Uint8Array(2 * MIB + 1), 'large.log');
    const response = await api.call('GET', `files/${id}/lines/`);
    expect([response.status, await json(response)]).toMatchObject([
      400,
      { detail: expect.stringContaining(String(2 * MIB)), hint: expect.stringContaining('contents') },
    ]);
  });
});

describe('listing', () => {
  let own: FilesHarness;
  const list = async (query: string, key?: string) => {
    const response = await own.call('GET', `files/?${query}`, { key });
    expect(response.status).toBe(200);
    return page(fileObject).parse(await response.json()) as Page<FileObject>;
  };
  const names = async (query: string) => (await list(query)).results.map(({ name }) => name);

  beforeAll(async () => {
    own = await startFilesApi();
    for (const name of ['Alpha.inp', 'beta_1.dat', 'beta-1.dat', '100%.txt', 'GRÖSSE.log', 'zeta~1.dat']) {
      await upload(name.repeat(name.length), name, own);
    }
    const other = await own.addUser('member');
    await upload('theirs', 'theirs', own, other.key);
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
  });

  test('shows your own files, newest first', async () => {
    expect(await names('')).toEqual([
      'zeta~1.dat',
      'GRÖSSE.log',
      '100%.txt',
      'beta-1.dat',
      'beta_1.dat',
      'Alpha.inp',
    ]);
  });

  test('shows an admin everybody’s files, or their own', async () => {
    const admin = await own.addUser('admin');
    await upload('mine', 'mine', own, admin.key);
    expect((await list('', admin.key)).count).toBe(8);
    expect((await list('owner=1', admin.key)).results.map(({ name }) => name)).toEqual(['mine']);
  });

  test.each([
    ['search=ALPHA', ['Alpha.inp']],
    ['search=beta_', ['beta_1.dat']],
    ['search=%25', ['100%.txt']],
    ['search=gr%C3%B6sse', ['GRÖSSE.log']],
    ['search=nothing', []],
    ['search=\\', []],
    ['ordering=name&page_size=2', ['100%.txt', 'Alpha.inp']],
    ['ordering=-name&page_size=1', ['zeta~1.dat']],
    ['ordering=dateUploaded&limit=1', ['Alpha.inp']],
    ['ordering=-date_uploaded&limit=1', ['zeta~1.dat']],
    ['ordering=decryptedSize&limit=1', ['100%.txt']],
    ['type=2', []],
    ['type=1&isUploaded=True&page_size=1', ['zeta~1.dat']],
    ['isUploaded=false', []],
    ['dateUploaded__gte=2999-01-01', []],
    ['dateUploaded__lte=2999-01-01T00:00:00Z&page_size=1', ['zeta~1.dat']],
  ])('answers ?%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test.each([
    '',
    'ordering=name',
    'ordering=-name',
    'ordering=decryptedSize',
    'ordering=-decryptedSize',
    'search=a',
  ])('gives every file once when its pages are followed (?%s)', async (query) => {
    const whole = await names(`${query}&page_size=100`);
    const followed: string[] = [];
    let next: string | null = `${own.url}/api/v2/files/?${query}&page_size=2`;
    while (next !== null) {
      const response: Response = await fetch(next, { headers: { authorization: `Token ${own.key}` } });
      const found = (await response.json()) as Page<FileObject>;
      expect(found.count).toBe(whole.length);
      followed.push(...found.results.map(({ name }) => name));
      next = found.next;
    }
    expect(followed).toEqual(whole);
  });

  test('blanks keys and adds jobs when asked', async () => {
    const [file] = (await list('include_keys=0&include_jobs=1&page_size=1')).results;
    expect(file).toMatchObject({ encodedEncryptionKey: '', jobs: { results: [] } });
  });

  test('says what is wrong with a query', async () => {
    for (const [query, words] of [
      ['ordering=colour', 'ordering'],
      ['type=abc', 'A valid integer'],
      ['page=0', 'page'],
      ['dateUploaded__gte=yesterday', 'ISO 8601'],
      [`search=${'x'.repeat(300)}`, 'search'],
    ]) {
      const response = await own.call('GET', `files/?${query}`);
      expect([query, response.status, await response.text()]).toEqual([
        query,
        400,
        expect.stringContaining(words!),
      ]);
    }
    expect((await own.call('GET', 'files/?page=99')).status).toBe(404);
    expect((await own.call('GET', 'files/?page=2&after=broken')).status).toBe(404);
  });
});

describe('changing and deleting', () => {
  test('renames a file, whether asked in JSON or in a form, and finds it by its new name', async () => {
    const { id } = await upload('x', 'old.txt');
    const renamed = await api.call('PATCH', `files/${id}`, {
      body: JSON.stringify({ name: 'new.txt', typeId: '4' }),
    });
    expect([renamed.status, await renamed.json()]).toMatchObject([
      200,
      { name: 'new.txt', relativePath: 'new.txt', typeId: 4 },
    ]);
    const form = await api.call('PATCH', `files/${id}/`, { body: new URLSearchParams({ name: 'form.txt' }) });
    expect(await json(form)).toMatchObject({ name: 'form.txt', typeId: 4 });
    expect(await json(await api.call('GET', 'files/?search=FORM.txt'))).toMatchObject({ count: 1 });
    expect(await json(await api.call('GET', 'files/?search=old.txt'))).toMatchObject({ count: 0 });
  });

  test('takes back a whole file object, and ignores what cannot be changed', async () => {
    const file = await upload('x', 'whole.txt');
    const body = JSON.stringify({ ...file, name: 'changed.txt', decryptedSize: 99, owner: 'someone@else' });
    expect(await json(await api.call('PATCH', `files/${file.id}/`, { body }))).toEqual({
      ...file,
      name: 'changed.txt',
      relativePath: 'changed.txt',
    });
  });

  test.each([
    ['{"name":""}', '"name"'],
    ['{"name":"a/b"}', 'may not contain'],
    ['{"name":".."}', 'is not a file name'],
    ['{"name":"a\\u0000b"}', 'Control characters'],
    [`{"name":"${'x'.repeat(300)}"}`, 'too long'],
    ['{"name":5}', 'Not a valid string'],
    ['{"typeId":"x"}', 'A valid integer'],
    ['{"typeId":-1}', '"typeId"'],
    ['[1]', 'Expected an object'],
    ['{"name"', 'JSON parse error'],
  ])('refuses %.30s in words', async (body, words) => {
    const { id } = await upload('x', 'stays.txt');
    const response = await api.call('PATCH', `files/${id}/`, { body });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(words)]);
  });

  test('deletes a file, and its bytes with the last file that has them', async () => {
    const bytes = randomBytes(1000);
    const [one, other] = [await upload(bytes, 'one'), await upload(bytes, 'other')];
    const sha512 = sha512Of(bytes);
    const count = async () => (await json(await api.call('GET', 'files/'))).count as number;
    const before = await count();
    const response = await api.call('DELETE', `files/${one.id}/`);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await count()).toBe(before - 1);
    expect((await api.call('GET', `files/${one.id}/`)).status).toBe(404);
    expect((await api.call('GET', `files/${one.id}/contents`)).status).toBe(404);
    expect((await api.call('DELETE', `files/${one.id}/`)).status).toBe(404);
    expect(await api.storage.stat(sha512)).not.toBeNull();
    await api.call('DELETE', `files/${other.id}`);
    expect(await api.storage.stat(sha512)).toBeNull();
    const again = await upload(bytes, 'again');
    expect(await (await api.call('GET', `files/${again.id}/contents`)).arrayBuffer()).toHaveProperty(
      'byteLength',
      1000,
    );
  });

  test('never loses bytes that are uploaded while the same bytes are deleted', async () => {
    const bytes = randomBytes(2000);
    let last = await upload(bytes, 'first');
    for (let turn = 0; turn < 15; turn += 1) {
      const [next] = await Promise.all([
        upload(bytes, `turn-${turn}`),
        api.call('DELETE', `files/${last.id}/`),
      ]);
      const response = await api.call('GET', `files/${next.id}/contents/`);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      last = next;
    }
  });

  test('collects what no file points to, and what the database never heard of', async () => {
    await using own = await startFilesApi();
    const kept = await upload('kept', 'kept', own);
    const unwanted = await upload('unwanted', 'unwanted', own);
    await own.database.write((queries) =>
      queries.updateTable('files').set({ deleted_at: '2026' }).where('id', '=', unwanted.id).execute(),
    );
    const stray = await own.storage.receive(chunksOf([Buffer.from('stray')]));
    const held = await own.storage.receive(chunksOf([Buffer.from('held')]));
    stray.release();
    expect(await collectBlobs(own.context)).toBe(1);
    expect(await collectBlobs(own.context)).toBe(0);
    expect(await collectStrays(own.context)).toBe(1);
    const left = (await listed(own.storage)).map(({ sha512 }) => sha512).sort();
    expect(left).toEqual([kept.fileChecksums[0]!.fileHash, held.sha512].sort());
  });
});

describe('whose files', () => {
  test('somebody else’s file is not there, for every call; an admin sees it', async () => {
    const { id } = await upload('secret', 'secret.txt');
    const [member, admin] = [await api.addUser('member'), await api.addUser('admin')];
    const calls = [
      ['GET', `files/${id}/`],
      ['PATCH', `files/${id}/`],
      ['GET', `files/${id}/contents/`],
      ['HEAD', `files/${id}/contents/`],
      ['GET', `files/${id}/lines/`],
      ['DELETE', `files/${id}/`],
    ] as const;
    for (const [method, path] of calls) {
      const response = await api.call(method, path, { key: member.key });
      expect([method, path, response.status]).toEqual([method, path, 404]);
      if (method !== 'HEAD') expect(await json(response)).toMatchObject({ detail: 'Not found.' });
    }
    for (const [method, path] of calls) {
      const response = await api.call(method, path, { key: admin.key });
      expect([method, path, response.ok]).toEqual([method, path, true]);
      await response.body?.cancel();
    }
  });

  test.each(['nosuch', 'NoSuch', '..%2f..%2fetc', '%00', "x'%20OR%201=1", 'a'.repeat(1000)])(
    'an id that is none (%.20s) is not found',
    async (id) => {
      for (const path of [`files/${id}/`, `files/${id}/contents/`, `files/${id}/lines/`]) {
        const response = await api.call('GET', path);
        expect([path, response.status]).toEqual([path, 404]);
        expect(await json(response)).toHaveProperty('detail');
      }
    },
  );

  test('without a key, or with a wrong one, everything is 401', async () => {
    for (const authorization of ['', 'Token 0123456789', 'Basic x', 'Token']) {
      const response = await fetch(`${api.url}/api/v2/files/`, {
        headers: authorization ? { authorization } : {},
      });
      expect([authorization, response.status]).toEqual([authorization, 401]);
      expect(await json(response)).toHaveProperty('detail');
    }
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('The condition did not come true within ten seconds.');
    await sleep(10);
  }
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
