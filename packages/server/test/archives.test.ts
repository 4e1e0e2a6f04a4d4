import { execFile } from 'node:child_process';
import { mkdir, mkdtempDisposable, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, makeApiKey, runJob, submitJob, until, uploadFile } from './platform-harness.ts';
import { type Entry, readZip } from './read-zip.ts';

const run = promisify(execFile);
const TREE = [
  'mkdir -p deep/er empty-directory',
  'echo one > deep/er/one.txt',
  "printf 'two' > 'é and a blank.txt'",
  ': > nothing',
  "printf '#!/bin/sh\\n' > tool; chmod +x tool",
  "printf 'x' > 'back\\slash'",
].join('; ');

let platform: Platform;
let jobId: string;

beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  jobId = (await runJob(platform, definition(TREE))).id;
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const get = (path: string, headers: Record<string, string> = { authorization: `Token ${platform.apiKey}` }) =>
  fetch(new URL(path, platform.url), { headers });

/** What is in a tar, as the system's program unpacks it. */
async function readTar(bytes: Uint8Array): Promise<Map<string, Entry>> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'quarry-archive-'));
  await writeFile(join(directory.path, 'a.tar'), bytes);
  const root = join(directory.path, 'out');
  await mkdir(root);
  await run('tar', ['-xf', join(directory.path, 'a.tar'), '-C', root]);
  const found = new Map<string, Entry>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await stat(path);
      found.set(path.slice(root.length + 1), { text: await readFile(path, 'utf8'), mode: mode & 0o777 });
    }
  }
  return found;
}

const readers = { zip: readZip, tar: readTar };

describe.each(['zip', 'tar'] as const)('all outputs of a job as %s', (format) => {
  test('have their paths, bytes and rights to be executed', async () => {
    const response = await get(`/api/v2/jobs/${jobId}/archive/?format=${format}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toContain(`filename="job_${jobId}.${format}"`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (format === 'zip') {
      expect(response.headers.get('content-length')).toBe(String(bytes.byteLength));
    }
    const found = await readers[format](bytes);
    const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/files/`);
    const paths = body.results.map(({ relativePath }: { relativePath: string }) =>
      `job_${jobId}/${relativePath}`.replace('\\', '%5C'),
    );
    expect([...found.keys()].sort()).toEqual(paths.sort());
    expect(found.get(`job_${jobId}/deep/er/one.txt`)).toEqual({ text: 'one\n', mode: 0o644 });
    expect(found.get(`job_${jobId}/é and a blank.txt`)?.text).toBe('two');
    expect(found.get(`job_${jobId}/nothing`)?.text).toBe('');
    expect(found.get(`job_${jobId}/tool`)).toEqual({ text: '#!/bin/sh\n', mode: 0o755 });
  });

  test('of several runs lie in a folder for each, and can be chosen', async () => {
    const variable = {
      name: 'x',
      variableType: 'Param',
      displayOrder: 1,
      valueGeneratorType: 'FixedRange',
      valueGeneratorSettings: { minvalue: 1, maxvalue: 2, increment: 1 },
    };
    const sweep = definition('echo out > x.txt', { jobvariables: [variable] });
    const { id } = await runJob(platform, sweep);
    const all = await readers[format](
      new Uint8Array(await (await get(`/api/v2/jobs/${id}/archive/?format=${format}`)).arrayBuffer()),
    );
    expect([...all.keys()]).toEqual(expect.arrayContaining([`job_${id}/run1/x.txt`, `job_${id}/run2/x.txt`]));
    const one = await get(`/api/v2/jobs/${id}/archive/?format=${format}&run=2&search=x.txt`);
    expect([...(await readers[format](new Uint8Array(await one.arrayBuffer()))).keys()]).toEqual([
      `job_${id}/run2/x.txt`,
    ]);
  });
});

test('several files of one name are all there, and one that is not there refuses the whole', async () => {
  const names = ['mesh.inp', 'MESH.inp', '..', 'mesh.inp'];
  const ids: string[] = [];
  for (const [index, name] of names.entries()) {
    ids.push((await uploadFile(platform, name === '..' ? 'dots' : name, String(index))).id);
  }
  const response = await get(`/api/v2/files/archive/?ids=${ids.join(',')},${ids[0]}`);
  const found = await readZip(new Uint8Array(await response.arrayBuffer()));
  expect(Object.fromEntries([...found].map(([path, { text }]) => [path, text]))).toEqual({
    'files/mesh.inp': '0',
    'files/MESH.inp.2': '1',
    'files/dots': '2',
    'files/mesh.inp.3': '3',
  });
  expect((await get(`/api/v2/files/archive/?ids=${ids[0]},AbCdEf`)).status).toBe(404);
  expect(await (await get('/api/v2/files/archive/?ids=,')).json()).toMatchObject({
    ids: ['Name 1 to 500 files, with commas between them.'],
  });
  expect(await (await get(`/api/v2/files/archive/?ids=${ids[0]}&format=rar`)).json()).toHaveProperty(
    'format',
  );
});

test('the archive of a job that has not ended has what there is, and says so', async () => {
  const id = await submitJob(platform, definition('echo ready; sleep 300'));
  const response = await get(`/api/v2/jobs/${id}/archive/`);
  expect(response.headers.get('warning')).toMatch(/has not ended/);
  expect(await readZip(new Uint8Array(await response.arrayBuffer()))).toEqual(new Map());
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
});

test.each(['zip', 'tar'])('a reader of a %s who goes away leaves no file open', async (format) => {
  // More than the buffers of a connection take.
  const { id } = await uploadFile(platform, 'large.bin', 'x'.repeat(32 * 1024 ** 2));
  const blobs = join(platform.dataDir, 'blobs');
  const openFiles = async () => {
    const directory = `/proc/${platform.pid}/fd`;
    const names = await Promise.all(
      (await readdir(directory)).map((fd) => readlink(join(directory, fd)).catch(() => '')),
    );
    return names.filter((name) => name.startsWith(blobs)).length;
  };
  const gone = new AbortController();
  const headers = { authorization: `Token ${platform.apiKey}` };
  const path = `/api/v2/files/archive/?ids=${id}&format=${format}`;
  const { body } = await fetch(new URL(path, platform.url), { headers, signal: gone.signal });
  await body!.getReader().read();
  await until(async () => (await openFiles()) === 1, 'the file to be opened');
  gone.abort();
  await until(async () => (await openFiles()) === 0, 'the file to be closed');
});

test('bytes that are lost break the archive off: it is never whole', async () => {
  const id = (await uploadFile(platform, 'lost.bin', 'x'.repeat(100_000))).id;
  const { body } = await platform.call('GET', `/api/v2/files/${id}/`);
  const digest = body.fileChecksums[0].fileHash as string;
  const blobs = join(platform.dataDir, 'blobs');
  const path = (await readdir(blobs, { recursive: true })).find(
    (name) => name.endsWith(digest.slice(4)) || name.endsWith(digest),
  );
  await writeFile(join(blobs, path!), 'short');
  const response = await get(`/api/v2/files/archive/?ids=${id}`);
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect(platform.log()).toContain('the bytes of a file');
  await platform.call('DELETE', `/api/v2/files/${id}/`);
});

describe('a link that opens without a key', () => {
  const none = {};
  const link = async (path: string, body?: object, key?: string) => {
    const answer = await platform.call('POST', path, body, key);
    expect(answer.status).toBe(201);
    return answer.body as { url: string; expiresAt: string };
  };

  test('gives the bytes once, whatever looked at it before', async () => {
    const file = await uploadFile(platform, 'a.txt', 'some bytes');
    const { url, expiresAt } = await link(`/api/v2/files/${file.id}/ticket/`);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(61_000);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect(await (await fetch(url)).text()).toBe('some bytes');
    const again = await fetch(url);
    expect(again.status).toBe(401);
    expect(await again.json()).toMatchObject({ hint: expect.stringContaining('Make a new one') });
    expect(platform.log()).not.toContain(url.split('ticket=')[1]);
  });

  test('opens an archive as it was asked for, and nothing else', async () => {
    const made = [
      await link(`/api/v2/jobs/${jobId}/archive/ticket/`, { format: 'tar', run: 1, search: 'é and' }),
      await link('/api/v2/files/archive/ticket/', { ids: [(await uploadFile(platform, 'b', 'b')).id] }),
    ];
    for (const { url } of made) {
      const { pathname, search } = new URL(url);
      expect((await get(`${pathname}${search.replace('format=', 'format=x')}`, none)).status).toBe(401);
      expect((await get(`${pathname.replace('/v2/', '/v3/')}${search}`, none)).status).toBe(401);
      expect((await get(`/api/v2/users/me/${search}`, none)).status).toBe(401);
      expect((await get(`${pathname}${search}`, none)).status).toBe(200);
    }
  });

  test('is one of so many that wait for one user, and no more', async () => {
    const { id } = await uploadFile(platform, 'c', 'c');
    const someone = await addUser(platform, 'collector@lab.example');
    const theirs = await uploadFile(platform, 'd', 'd', someone.key);
    let answers: number[] = [];
    while (!answers.includes(429)) {
      const some = Array.from({ length: 50 }, () =>
        platform.call('POST', `/api/v2/files/${theirs.id}/ticket/`, {}, someone.key),
      );
      answers = [...answers, ...(await Promise.all(some)).map(({ status }) => status)];
    }
    expect(answers.filter((status) => status === 201).length).toBeLessThanOrEqual(LIMITS.ticketsPerUser);
    await link(`/api/v2/files/${id}/ticket/`);
  });

  test('ends with the key that made it', async () => {
    const { key, id } = await makeApiKey(platform, { name: 'for a link' }, platform.apiKey);
    const { url } = await link(`/api/v2/jobs/${jobId}/archive/ticket/`, {}, key);
    await platform.call('DELETE', `/api/v2/users/me/api-keys/${id}/`);
    expect((await fetch(url)).status).toBe(401);
  });
});
