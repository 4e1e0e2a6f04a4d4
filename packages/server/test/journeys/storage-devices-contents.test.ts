/** What lies on storage devices, listed, read, written and removed while jobs have them. */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Outside, SECRET, swapWithin } from '@quarry/agent/testing/swapper';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canServeAs, type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, runJob, saveJob, until, uploadFile } from '../platform-harness.ts';

const DEVICES = '/api/v2/storage-devices/';
const MIB = 1024 * 1024;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(() => platform[Symbol.asyncDispose]());

async function startDevice(on: Platform = platform, change: object = {}): Promise<string> {
  const { body } = await on.call('POST', DEVICES, { name: 'scratch', storageSize: 1, ...change });
  await on.call('POST', `${DEVICES}${body.id}/submit/`);
  return body.id;
}

const withDevices = (...ids: string[]) => ({ storageDevices: ids.map((id) => ({ id })) });
const contentOf = (id: string, on = platform) => join(on.dataDir, 'devices', id, 'content');

function ask(
  method: string,
  path: string,
  body?: Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string> = {},
  on = platform,
) {
  return fetch(new URL(`${DEVICES}${path}`, on.url), {
    method,
    headers: { authorization: `Token ${on.apiKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

async function list(id: string, path = '', on = platform) {
  const { status, body } = await on.call(
    'GET',
    `${DEVICES}${id}/directory-contents/?page_size=1000&path=${encodeURIComponent(path)}`,
  );
  return status === 200
    ? body.results.map((entry: { path: string; type: string }) => `${entry.type} ${entry.path}`)
    : status;
}

test('files go there whole, are seen by jobs at once, and come back by ranges', async () => {
  const id = await startDevice();
  const bytes = randomBytes(3 * MIB + 7);
  const put = await ask('PUT', `${id}/contents/in/deep/mesh%20%231.bin`, bytes);
  expect([put.status, await put.json()]).toEqual([
    201,
    { path: 'in/deep/mesh #1.bin', sizeBytes: bytes.length, sha512: sha512Of(bytes).toString('hex') },
  ]);
  const change = `sha512sum < "$HOME/storage_${id}/in/deep/mesh #1.bin" > ~/storage_${id}/digest; echo more >> "/storage_${id}/in/deep/mesh #1.bin"; echo 1 > ~/storage_${id}/in/deep/new`;
  expect((await runJob(platform, definition(change, withDevices(id)))).outcome).toBe('success');
  const back = await ask('GET', `${id}/contents/in/deep/mesh%20%231.bin`);
  expect(Buffer.from(await back.arrayBuffer()).equals(Buffer.concat([bytes, Buffer.from('more\n')]))).toBe(
    true,
  );
  const part = await ask('GET', `${id}/contents/in%2Fdeep%2Fmesh%20%231.bin`, undefined, {
    range: 'bytes=5-9',
  });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 5-9/${bytes.length + 5}`]);
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(5, 10))).toBe(true);
  const head = await ask('HEAD', `${id}/contents/digest`);
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '132']);
  expect((await ask('GET', `${id}/contents/digest`, undefined, { range: 'bytes=900-' })).status).toBe(416);

  // A file takes the place of one of that name, and not of a directory.
  expect((await ask('PUT', `${id}/contents/digest`, '')).status).toBe(201);
  expect(await (await ask('GET', `${id}/contents/digest`)).text()).toBe('');
  expect((await ask('PUT', `${id}/contents/in`, 'x')).status).toBe(409);
  expect((await ask('PUT', `${id}/contents/digest/x`, 'x')).status).toBe(409);
  expect(await readdir(join(platform.dataDir, 'devices', id, 'incoming'))).toEqual([]);
});

const sha512Of = (bytes: Uint8Array | string) => createHash('sha512').update(bytes).digest();
const field = (digest: Buffer) => `sha-512=:${digest.toString('base64')}:`;

test('what arrives otherwise than its digest says is refused and replaces nothing, and what is sent comes with one', async () => {
  const id = await startDevice();
  const put = (text: string, digest: string) =>
    ask('PUT', `${id}/contents/f`, text, { 'repr-digest': digest });
  expect((await put('first', field(sha512Of('first')))).status).toBe(201);
  const refused = await put('other', field(sha512Of('another')));
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
    400,
    'digest_mismatch',
  ]);
  expect((await put('other', 'sha-512=:AAAA:')).status).toBe(400);
  expect((await put('other', 'md5=:AAAA:')).status).toBe(400);
  expect(await (await ask('GET', `${id}/contents/f`)).text()).toBe('first');
  expect(await readdir(join(platform.dataDir, 'devices', id, 'incoming'))).toEqual([]);

  const get = (headers: Record<string, string>) => ask('GET', `${id}/contents/f`, undefined, headers);
  const wanted = { 'want-content-digest': 'sha-256=1, sha-512=3' };
  expect((await get(wanted)).headers.get('content-digest')).toBe(field(sha512Of('first')));
  const part = await get({ ...wanted, range: 'bytes=1-2' });
  expect([part.status, part.headers.get('content-digest')]).toEqual([206, field(sha512Of('ir'))]);
  for (const none of [{}, { 'want-content-digest': 'sha-512=0' }, { 'want-content-digest': 'sha-256=1' }]) {
    expect((await get(none as Record<string, string>)).headers.get('content-digest')).toBeNull();
  }
  // Of more than is hashed before it is sent there is none.
  truncateSync(join(contentOf(id), 'f'), 64 * MIB + 1);
  const large = await ask('HEAD', `${id}/contents/f`, undefined, wanted);
  expect([large.status, large.headers.get('content-digest')]).toEqual([200, null]);
});

test('directories are listed with size, time and type, by name and page by page', async () => {
  const id = await startDevice();
  const make = `cd ~/storage_${id}; mkdir d; mkfifo pipe; ln -s d link; ln -s /etc out; printf hello > b; touch -d 2020-01-02T03:04:05Z b; printf x > "$(printf 'bad\\377')"`;
  expect((await runJob(platform, definition(make, withDevices(id)))).outcome).toBe('success');
  expect(await list(id)).toEqual([
    ...['file b', 'file %bytes=bad%FF', 'directory d', 'link link', 'link out', 'other pipe'],
  ]);
  const first = await platform.call('GET', `${DEVICES}${id}/directory-contents/?page_size=1`);
  expect(first.body).toMatchObject({
    count: 6,
    results: [{ name: 'b', type: 'file', sizeBytes: 5, dateModified: '2020-01-02T03:04:05.000000Z' }],
  });
  expect(first.body.next).toContain('page=2');
  expect((await ask('PUT', `${id}/contents/link/inside`, 'x')).status).toBe(201);
  expect(await list(id, 'd')).toEqual(['file d/inside']);
  expect(await list(id, '/link/.')).toEqual(['file link/inside']);
  expect(await (await ask('GET', `${id}/contents/${encodeURIComponent('%bytes=bad%FF')}`)).text()).toBe('x');
  expect(await list(id, 'b')).toBe(400);
  expect(await list(id, 'nothing')).toBe(404);
  expect((await ask('GET', `${id}/contents/pipe`)).status).toBe(400);
  expect((await ask('GET', `${id}/contents/d`)).status).toBe(400);
  expect((await ask('GET', `${id}/contents/none`)).status).toBe(404);
});

test('what is removed is gone for jobs at once, links themselves and closed directories too', async () => {
  const id = await startDevice();
  const make = `cd ~/storage_${id}; mkdir -p a/b/c keep closed/x; echo 1 > keep/file; ln -s ../keep a/link; chmod 0 closed`;
  expect((await runJob(platform, definition(make, withDevices(id)))).outcome).toBe('success');
  expect((await ask('DELETE', `${id}/contents/a/link`)).status).toBe(204);
  for (const name of ['a', 'closed']) {
    expect((await ask('DELETE', `${id}/contents/${name}/`)).status).toBe(204);
    expect((await ask('DELETE', `${id}/contents/${name}`)).status).toBe(404);
  }
  expect(await list(id)).toEqual(['directory keep']);
  expect(await list(id, 'keep')).toEqual(['file keep/file']);
  expect((await ask('DELETE', `${id}/contents/`)).status).toBe(404);
  expect((await ask('DELETE', `${id}/contents/${encodeURIComponent('./')}`)).status).toBe(400);
  await until(
    async () => readdirSync(join(platform.dataDir, 'devices', id, 'incoming')).length === 0,
    'the removal',
  );
});

test('a path that ends with a dot is what is before it', async () => {
  const id = await startDevice();
  const make = `cd ~/storage_${id}; mkdir -p a/a b/b; touch b/a`;
  expect((await runJob(platform, definition(make, withDevices(id)))).outcome).toBe('success');
  expect((await ask('DELETE', `${id}/contents/${encodeURIComponent('a/.')}`)).status).toBe(204);
  expect((await ask('DELETE', `${id}/contents/${encodeURIComponent('b/b/./')}`)).status).toBe(204);
  expect((await ask('PUT', `${id}/contents/${encodeURIComponent('b/.')}`, 'x')).status).toBe(400);
  expect(await list(id)).toEqual(['directory b']);
  expect(await list(id, 'b/.')).toEqual(['file b/a']);
});

test('directories are made, also those above, and belong to whom commands run as', async () => {
  const id = await startDevice();
  await runJob(platform, definition('true', withDevices(id)));
  const make = (path: string) => platform.call('POST', `${DEVICES}${id}/directories/`, { path });
  expect(await make('x/y/z')).toMatchObject({ status: 201, body: { path: 'x/y/z' } });
  expect((await make('x/y')).status).toBe(201);
  await ask('PUT', `${id}/contents/x/file`, 'by the server');
  const change = `echo 1 > ~/storage_${id}/x/y/z/file && echo by the job >> ~/storage_${id}/x/file && mv ~/storage_${id}/x ~/storage_${id}/w`;
  expect((await runJob(platform, definition(change, withDevices(id)))).outcome).toBe('success');
  expect(await (await ask('GET', `${id}/contents/w/file`)).text()).toBe('by the serverby the job\n');
  expect((await make('w/file')).status).toBe(409);
  expect((await make('w/file/d')).status).toBe(409);
});

test.each(['../x', 'a/../../x', 'a/..'])('a path such as %s is refused', async (path) => {
  const id = await startDevice();
  const encoded = encodeURIComponent(path);
  for (const method of ['GET', 'PUT', 'DELETE']) {
    expect((await ask(method, `${id}/contents/${encoded}`, method === 'PUT' ? 'x' : undefined)).status).toBe(
      400,
    );
  }
  expect(await list(id, path)).toBe(400);
  expect((await platform.call('POST', `${DEVICES}${id}/directories/`, { path })).status).toBe(400);
  expect(readdirSync(join(platform.dataDir, 'devices'))).not.toContain('x');
});

test('names of any length and with a NUL are refused in words', async () => {
  const id = await startDevice();
  expect((await ask('PUT', `${id}/contents/${'n'.repeat(300)}`, 'x')).status).toBe(400);
  expect((await ask('PUT', `${id}/contents/${'n/'.repeat(3000)}x`, 'x')).status).toBe(400);
  expect((await ask('PUT', `${id}/contents/a%00b`, 'x')).status).toBe(400);
  expect((await ask('PUT', `${id}/contents/${'n'.repeat(300)}/x`, 'x')).status).toBeLessThan(500);
});

test('more than fits is refused before it is sent, or where it stops to fit, and leaves nothing', async () => {
  const id = await startDevice(platform, { storageSize: undefined, storage_size_mb: 4 });
  const refused = await ask('PUT', `${id}/contents/big`, new Uint8Array(5 * MIB));
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
    400,
    'storage_device_full',
  ]);
  expect((await ask('PUT', `${id}/contents/first`, new Uint8Array(3 * MIB))).status).toBe(201);
  expect((await ask('PUT', `${id}/contents/second`, new Uint8Array(2 * MIB))).status).toBe(400);
  // Without a length that is known before.
  const chunked = await new Promise<number>((resolve, reject) => {
    const sending = request(new URL(`${DEVICES}${id}/contents/chunks`, platform.url), {
      method: 'PUT',
      headers: { authorization: `Token ${platform.apiKey}` },
    });
    sending.on('error', reject).on('response', (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    for (let index = 0; index < 4; index += 1) {
      sending.write(Buffer.alloc(MIB / 2));
    }
    sending.end();
  });
  expect(chunked).toBe(400);
  expect(await list(id)).toEqual(['file first']);
  expect(await readdir(join(platform.dataDir, 'devices', id, 'incoming'))).toEqual([]);
});

test('an upload that is broken off, or cut off by the end of the server, leaves nothing', async () => {
  await using other = await startPlatform();
  const id = await startDevice(other);
  const incoming = join(other.dataDir, 'devices', id, 'incoming');
  const begin = () => {
    const sending = request(new URL(`${DEVICES}${id}/contents/half`, other.url), {
      method: 'PUT',
      headers: { authorization: `Token ${other.apiKey}`, 'content-length': String(8 * MIB) },
    });
    sending.on('error', () => undefined).write(Buffer.alloc(MIB));
    return sending;
  };
  const broken = begin();
  await until(async () => readdirSync(incoming).length === 1, 'the upload');
  broken.destroy();
  await until(async () => readdirSync(incoming).length === 0, 'the removal');
  begin();
  await until(async () => readdirSync(incoming).length === 1, 'the upload');
  await other.kill();
  mkdirSync(join(incoming, 'removed/with/things'), { recursive: true });
  await other.restart();
  await until(async () => readdirSync(incoming).length === 0, 'the removal');
  expect(await list(id, '', other)).toEqual([]);
});

test('an upload to a device that is deleted meanwhile is answered with 404, and many at once stay within its size', async () => {
  const id = await startDevice(platform, { storageSize: undefined, storage_size_mb: 4 });
  const puts = Array.from({ length: 12 }, (_, index) =>
    ask('PUT', `${id}/contents/f${index}`, new Uint8Array(MIB)),
  );
  const statuses = (await Promise.all(puts)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(4);
  const other = await startDevice();
  const incoming = join(platform.dataDir, 'devices', other, 'incoming');
  const sending = request(new URL(`${DEVICES}${other}/contents/late`, platform.url), {
    method: 'PUT',
    headers: { authorization: `Token ${platform.apiKey}` },
  });
  const answered = new Promise<number>((resolve, reject) => {
    sending.on('error', reject).on('response', (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
  });
  sending.write('first');
  await until(async () => readdirSync(incoming).length === 1, 'the upload');
  expect((await platform.call('DELETE', `${DEVICES}${other}/`)).status).toBe(204);
  await until(async () => !existsSync(incoming), 'the removal');
  sending.end('second');
  expect(await answered).toBe(404);
});

test('stored files are copied there in one request, all or none', async () => {
  const id = await startDevice();
  const [one, two] = [
    await uploadFile(platform, 'one.txt', 'first'),
    await uploadFile(platform, 'two.txt', randomBytes(2 * MIB)),
  ];
  const copy = (body: object, version = 'v2') =>
    platform.call('POST', `/api/${version}/storage-devices/${id}/file-downloads/`, body);
  expect(await copy({ files: [{ id: one.id }, { id: two.id }], outputDir: 'in/case' })).toMatchObject({
    status: 200,
    body: { files: [{ id: one.id, path: 'in/case/one.txt', sizeBytes: 5 }, { path: 'in/case/two.txt' }] },
  });
  expect((await copy({ files: [{ id: one.id }], output_dir: '' }, 'v3')).status).toBe(200);
  expect(await list(id)).toEqual(['directory in', 'file one.txt']);
  const digest = (await ask('GET', `${id}/contents/in/case/two.txt`)).arrayBuffer();
  expect((await digest).byteLength).toBe(2 * MIB);
  expect(await copy({ files: [{ id: one.id }, { id: 'NoFile' }], outputDir: 'no' })).toMatchObject({
    status: 400,
    body: { files: [{}, { id: [expect.stringContaining('NoFile')] }] },
  });
  expect((await copy({ files: [] })).status).toBe(400);
  expect((await copy({ files: [{ id: one.id }], outputDir: '../x' })).status).toBe(400);
  expect(await list(id, 'no')).toBe(404);
  expect(statSync(join(contentOf(id), 'one.txt')).mode & 0o777).toBe(0o644);
});

test('files on a device are inputs of a job where they are asked for as copies', async () => {
  const id = await startDevice();
  await ask('PUT', `${id}/contents/case/params.txt`, 'a = 1');
  await ask('PUT', `${id}/contents/mesh.bin`, randomBytes(3 * MIB));
  await ask('PUT', `${id}/contents/more.gz`, gzipSync('unpacked'));
  const command = [
    '[ "$(cat params.txt in/deep/p)" = "a = 1a = 1" ]',
    '[ "$(cat more)" = unpacked ]',
    `cmp mesh.bin ~/storage_${id}/mesh.bin`,
    'echo "b = 2" >> params.txt',
    'echo 3 > in/deep/new',
    `[ "$(cat ~/storage_${id}/case/params.txt)" = "a = 1" ]`,
  ].join(' && ');
  const job = await saveJob(platform, definition(command));
  const file = (source_path: string, more: object = {}) => ({
    input_file_type: 'COPY',
    source_path,
    ...more,
  });
  const wanted = {
    storage_device: { id },
    jobanalyses: [
      {
        order: 0,
        input_files: [
          file('/case/params.txt', { name: 'params.txt', decompress: false, output_path: '' }),
          file('case/params.txt', { name: 'p', decompress: true, output_path: './in/deep/' }),
          file('mesh.bin'),
          file('more.gz', { decompress: 'true' }),
        ],
      },
    ],
  };
  const path = `/api/v3/jobs/${job}/storage-devices/`;
  expect(await platform.call('POST', path, wanted)).toMatchObject({ status: 201, body: { jobId: job } });
  expect((await platform.call('POST', path, wanted)).status).toBe(201);
  const saved = (await platform.call('GET', `/api/v2/jobs/${job}/`)).body;
  expect(saved.storageDevices[0].inputFiles).toMatchObject([
    { name: 'params.txt', outputPath: '' },
    { name: 'p', outputPath: 'in/deep' },
    { name: 'mesh.bin', decompress: true },
    { name: 'more.gz' },
  ]);
  await platform.call('POST', `/api/v2/jobs/${job}/submit/`);
  await reach(platform, job, 'Completed');
  const ended = (await platform.call('GET', `/api/v2/jobs/${job}/`)).body;
  expect(ended.outcome, JSON.stringify(ended.failure)).toBe('success');
  const outputs = await platform.call('GET', `/api/v2/jobs/${job}/files/`);
  expect(
    outputs.body.results.map(({ relativePath }: { relativePath: string }) => relativePath).sort(),
  ).toEqual([...['in/deep/new', 'params.txt', 'process_output.log']]);
  // What was submitted takes no further ones, and a copy of the job has the same.
  wanted.jobanalyses[0]!.input_files.push(file('mesh.bin', { name: 'other' }));
  expect(await platform.call('POST', path, wanted)).toMatchObject({
    status: 400,
    body: { code: 'job_started' },
  });
  const clone = await platform.call('POST', `/api/v2/jobs/${job}/clone/`, {});
  expect(clone.body.storageDevices).toEqual(saved.storageDevices);
});

test.each([
  ['a file that is not there', { source_path: 'none' }, 'there is no such file'],
  ['a directory', { source_path: 'case' }, 'it is a directory'],
  ['a link out of the device', { source_path: 'out/passwd' }, 'there is no such file'],
])('an input that is %s fails the run in words', async (_, input, words) => {
  const id = await startDevice();
  await platform.call('POST', `${DEVICES}${id}/directories/`, { path: 'case' });
  symlinkSync('/etc', join(contentOf(id), 'out'));
  const job = await runJob(platform, definition('true', { storageDevices: [{ id, inputFiles: [input] }] }));
  expect(job).toMatchObject({
    outcome: 'failed',
    failure: { code: 'input_unavailable', message: expect.stringContaining(words) },
  });
});

test.each([
  [{ source_path: '../x' }, { sourcePath: [expect.any(String)] }],
  [{ source_path: '/' }, { sourcePath: [expect.any(String)], name: [expect.any(String)] }],
  [{ source_path: 'x', name: 'a/b' }, { name: [expect.any(String)] }],
  [{ source_path: 'x', output_path: '../y' }, { outputPath: [expect.any(String)] }],
  [{ source_path: 'x', output_path: '/etc' }, { outputPath: [expect.any(String)] }],
])('the input %j is refused under its field', async (input, words) => {
  const id = await startDevice();
  const job = await saveJob(platform, definition());
  const refused = await platform.call('POST', `/api/v2/jobs/${job}/storage-devices/`, {
    storageDevice: { id },
    jobanalyses: [{ inputFiles: [input] }],
  });
  expect(refused.status).toBe(400);
  const fields = refused.body.storageDevices?.[0].inputFiles[0] ?? refused.body.jobanalyses[0].inputFiles[0];
  expect(fields).toMatchObject(words);
});

test('an input for a tile that the job does not have is refused', async () => {
  const id = await startDevice();
  const job = await saveJob(platform, definition());
  const refused = await platform.call('POST', `/api/v2/jobs/${job}/storage-devices/`, {
    storageDevice: { id },
    jobanalyses: [{ order: 1, inputFiles: [{ sourcePath: 'x' }] }],
  });
  expect(refused).toMatchObject({ status: 400, body: { jobanalyses: [{ order: [expect.any(String)] }] } });
});

test('a device that is not started, or whose directory is lost, has no contents, in words', async () => {
  const { body } = await platform.call('POST', DEVICES, { name: 'new', storageSize: 1 });
  expect((await platform.call('GET', `${DEVICES}${body.id}/directory-contents/`)).body).toMatchObject({
    code: 'storage_device_not_started',
  });
});

test('links that jobs swap meanwhile lead nowhere, neither to read nor to write nor to remove', async () => {
  const id = await startDevice();
  const content = contentOf(id);
  const outside = new Outside(platform.dataDir, ['x'], { name: 'outside-of-devices' });
  for (const directory of ['d', 'aside-d']) {
    mkdirSync(join(content, directory), { recursive: true });
  }
  writeFileSync(join(content, 'd', 'x'), 'of the device');
  writeFileSync(join(content, 'file'), 'of the device');
  symlinkSync(outside.path, join(content, 'out'));
  symlinkSync(join(outside.path, 'x'), join(content, 'out-file'));
  symlinkSync(join('/storage_other', 'x'), join(content, 'elsewhere'));
  for (const path of ['out/x', 'out-file', 'elsewhere', 'out/d/x']) {
    expect((await ask('GET', `${id}/contents/${path}`)).status).toBe(404);
  }
  expect((await ask('PUT', `${id}/contents/out/new`, 'x')).status).toBe(409);
  expect((await ask('DELETE', `${id}/contents/out/x`)).status).toBe(404);
  expect(await list(id, 'out')).toBe(404);
  {
    await using swapper = await swapWithin(content, [
      ['d', 'out'],
      ['file', 'out-file'],
    ]);
    const end = Date.now() + 6000;
    const seen = new Map<number, number>();
    for (let round = 0; Date.now() < end; round += 1) {
      const answers = await Promise.all([
        ask('GET', `${id}/contents/d/x`),
        ask('GET', `${id}/contents/file`),
        ask('PUT', `${id}/contents/d/new-${round}`, 'x'),
        ask('DELETE', `${id}/contents/d/new-${round - 1}`),
        ask('GET', `${id}/directory-contents/?path=d`),
        platform.call('POST', `${DEVICES}${id}/directories/`, { path: `d/made-${round % 5}` }),
      ]);
      for (const answer of answers) {
        const text = 'text' in answer ? await (answer as Response).text() : '';
        expect(text).not.toContain(SECRET);
        expect(answer.status, platform.log().slice(-2000)).toBeLessThan(500);
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      }
    }
    expect(swapper.isAlive).toBe(true);
    expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 404]));
    await platform.call('PATCH', `${DEVICES}${id}/`, { storage_size_mb: 500 });
  }
  expect((await platform.call('DELETE', `${DEVICES}${id}/`)).status).toBe(204);
  await until(async () => !existsSync(content), 'the removal');
  expect(outside.isUntouched).toBe(true);
}, 60_000);

const ORDINARY = 12_345;
test.skipIf(!canServeAs(ORDINARY))(
  'a server of an ordinary user says what a job has closed, and removes it all the same',
  async () => {
    await using other = await startPlatform({ user: ORDINARY });
    const id = await startDevice(other);
    const content = contentOf(id, other);
    const make = `cd ~/storage_${id}; mkdir -p shut/d; echo secret > shut/file; echo 1 > closed; chmod 0 closed shut`;
    expect((await runJob(other, definition(make, withDevices(id)))).outcome).toBe('success');
    for (const path of ['closed', 'shut/file']) {
      expect((await ask('GET', `${id}/contents/${path}`, undefined, {}, other)).status).toBeLessThan(500);
    }
    const shut = await other.call('GET', `${DEVICES}${id}/directory-contents/?path=shut`);
    expect(shut).toMatchObject({ status: 400, body: { code: 'permission_denied' } });
    // Neither is the whole device closed by a job, nor hidden from whoever measures it.
    await ask('PUT', `${id}/contents/big`, new Uint8Array(2 * MIB).fill(1), {}, other);
    await runJob(other, definition(`chmod 0 ~/storage_${id}/.`, withDevices(id)));
    const resized = await other.call('PATCH', `${DEVICES}${id}/`, { storage_size_mb: 1 });
    expect(resized).toMatchObject({ status: 400, body: { storageSize: [expect.stringContaining('holds')] } });
    await runJob(other, definition(`chmod 0 ~/storage_${id}/.`, withDevices(id)));
    expect((await runJob(other, definition(`ls ~/storage_${id}/`, withDevices(id)))).outcome).toBe('success');
    await runJob(other, definition(`chmod 0 ~/storage_${id}/.`, withDevices(id)));
    expect((await ask('DELETE', `${id}/contents/big`, undefined, {}, other)).status).toBe(204);
    expect((await runJob(other, definition(`ls ~/storage_${id}/`, withDevices(id)))).outcome).toBe('success');
    expect((await ask('DELETE', `${id}/contents/shut`, undefined, {}, other)).status).toBe(204);
    expect((await ask('DELETE', `${id}/contents/closed`, undefined, {}, other)).status).toBe(204);
    expect(readdirSync(content)).toEqual([]);
    expect((await ask('PUT', `${id}/contents/a/b`, 'bytes', {}, other)).status).toBe(201);
    chmodSync(join(content, 'a'), 0o555);
    expect(readFileSync(join(content, 'a/b'), 'utf8')).toBe('bytes');
  },
);
