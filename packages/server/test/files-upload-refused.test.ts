import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { often } from '../../contract/testing/often.ts';
import { readUploadForm } from '../src/api/files/multipart.ts';
import { LIMITS } from '../src/limits.ts';
import { canMount } from '../testing/can-mount.ts';
import { chunksOf, listed } from '../testing/suites/blobs.ts';
import {
  type FilesHarness,
  filePart,
  MIB,
  multipart,
  sendMultipart,
  startFilesApi,
  upload,
} from './files-harness.ts';

let api: FilesHarness;

beforeAll(async () => {
  api = await startFilesApi({ uploadBytes: 40 * MIB });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
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
    [
      'two names for one file',
      multipart([[filePart('a', '; filename="b"'), 'x']]),
      /no usable name. The part has two names/,
    ],
    [
      'a name in a charset that nobody need know',
      multipart([['Content-Disposition: form-data; name="file"; filename*=KOI8-R\'\'%C1', 'x']]),
      /no usable name. filename\* is neither UTF-8/,
    ],
    ['line breaks in a name', multipart([[filePart('a%0D%0Ab'), 'x']]), /Control characters/],
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
    const response = await sendMultipart(api, body);
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
    const announced = await sendMultipart(api, body);
    expect([announced.status, await announced.text()]).toEqual([
      413,
      expect.stringContaining(`${40 * MIB} bytes`),
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=XX' };
    const stream = ReadableStream.from(chunksOf([body])) as unknown as RequestInit['body'];
    expect((await api.call('POST', 'files/contents/', { headers, body: stream })).status).toBe(413);
    expect(await readdir(join(api.directory, 'incoming'))).toEqual([]);
    expect((await upload(api, 'still here')).decryptedSize).toBe(10);
  });

  test('answers any broken body with a 4xx and never hangs', async () => {
    const whole = multipart([
      [typeId, '1'],
      [filePart('a'), 'content of the file'],
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const body = Buffer.from(cut ? whole.subarray(0, at) : whole);
        if (!cut) {
          body[at] = byte;
        }
        const response = await sendMultipart(api, body);
        await response.text();
        expect(response.status === 201 || (response.status >= 400 && response.status < 500)).toBe(true);
      }),
      { numRuns: often(300) },
    );
  });

  test('gives up on a client that sends nothing any more', async () => {
    const body = new PassThrough();
    body.write(`--XX\r\n${filePart('slow')}\r\n\r\nabc`);
    const reading = readUploadForm(
      body,
      { 'content-type': 'multipart/form-data; boundary=XX' },
      {
        signal: new AbortController().signal,
        receive: (bytes, signal) => api.storage.receive(bytes, { signal }),
        discard: async (blob) => blob.release(),
        stallMilliseconds: 50,
      },
    );
    await expect(reading).rejects.toMatchObject({ status: 408, code: 'upload_stalled' });
    expect(await readdir(join(api.directory, 'incoming'))).toEqual([]);
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
    expect((await upload(api, 'still here')).decryptedSize).toBe(10);
  });

  test.skipIf(!canMount())(
    'answers 507 in words when the disk is full, and goes on serving (needs root)',
    async () => {
      const disk = await mkdtemp(join(tmpdir(), 'quarry-disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
      try {
        await using own = await startFilesApi({ storageDirectory: disk, reserveBytes: 0 });
        const kept = await upload(own, randomBytes(MIB), 'kept');
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
        expect((await upload(own, randomBytes(2 * MIB), 'fits')).decryptedSize).toBe(2 * MIB);
      } finally {
        execFileSync('umount', [disk]);
        await rm(disk, { recursive: true });
      }
    },
  );
});
