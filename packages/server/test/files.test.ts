import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectBlobs, collectStrays } from '../src/files/lifetime.ts';
import { chunksOf, listed, sha512Of } from '../testing/suites/blobs.ts';
import { type FilesHarness, json, startFilesApi, upload } from './files-harness.ts';

const RUN = {
  signal: new AbortController().signal,
  fail: (error: unknown) => expect.unreachable(String(error)),
};

let api: FilesHarness;

beforeAll(async () => {
  api = await startFilesApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

describe('changing and deleting', () => {
  test('renames a file, whether asked in JSON or in a form, and finds it by its new name', async () => {
    const { id } = await upload(api, 'x', 'old.txt');
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
    const file = await upload(api, 'x', 'whole.txt');
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
    const { id } = await upload(api, 'x', 'stays.txt');
    const response = await api.call('PATCH', `files/${id}/`, { body });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(words)]);
  });

  test('deletes a file, and its bytes with the last file that has them', async () => {
    const bytes = randomBytes(1000);
    const [one, other] = [await upload(api, bytes, 'one'), await upload(api, bytes, 'other')];
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
    const again = await upload(api, bytes, 'again');
    expect(await (await api.call('GET', `files/${again.id}/contents`)).arrayBuffer()).toHaveProperty(
      'byteLength',
      1000,
    );
  });

  test.each([
    ['saved', 204],
    ['under way', 400],
    ['completed', 204],
  ] as const)('an input of a job that is %s is deleted or refused: %i', async (life, status) => {
    const { id } = await upload(api, randomBytes(10), 'input.dat');
    const { jobId } = await api.addJob([id], life);
    const response = await api.call('DELETE', `files/${id}/`);
    expect(response.status).toBe(status);
    if (status === 204) {
      return;
    }
    expect(await json(response)).toMatchObject({
      detail: expect.stringContaining(`"input.dat" is an input of a job under way (${jobId})`),
      code: 'file_in_use',
      hint: expect.stringContaining('stop'),
    });
    expect((await api.call('GET', `files/${id}/contents/`)).status).toBe(200);
  });

  test('never loses bytes that are uploaded while the same bytes are deleted', async () => {
    const bytes = randomBytes(2000);
    let last = await upload(api, bytes, 'first');
    for (let turn = 0; turn < 15; turn += 1) {
      const [next] = await Promise.all([
        upload(api, bytes, `turn-${turn}`),
        api.call('DELETE', `files/${last.id}/`),
      ]);
      const response = await api.call('GET', `files/${next.id}/contents/`);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      last = next;
    }
  });

  test('collects what no file points to, and what the database never heard of', async () => {
    await using own = await startFilesApi();
    const kept = await upload(own, 'kept', 'kept');
    const unwanted = await upload(own, 'unwanted', 'unwanted');
    await own.database.write((queries) =>
      queries.updateTable('files').set({ deleted_at: '2026' }).where('id', '=', unwanted.id).execute(),
    );
    const stray = await own.storage.receive(chunksOf([Buffer.from('stray')]));
    const held = await own.storage.receive(chunksOf([Buffer.from('held')]));
    stray.release();
    expect(await collectBlobs(own.context, RUN)).toBe(1);
    expect(await collectBlobs(own.context, RUN)).toBe(0);
    expect(await collectStrays(own.context, RUN)).toBe(1);
    const left = (await listed(own.storage)).map(({ sha512 }) => sha512).sort();
    expect(left).toEqual([kept.fileChecksums[0]!.fileHash, held.sha512].sort());
  });
});

describe('whose files', () => {
  test('somebody else’s file is not there, for every call; an admin sees it', async () => {
    const { id } = await upload(api, 'secret', 'secret.txt');
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
      if (method !== 'HEAD') {
        expect(await json(response)).toMatchObject({ detail: `There is no file "${id}" that you may see.` });
      }
    }
    for (const [method, path] of calls) {
      const response = await api.call(method, path, { key: admin.key });
      expect([method, path, response.ok]).toEqual([method, path, true]);
      await response.body?.cancel();
    }
  });

  test('an agent reads the inputs of its own job, and nothing else', async () => {
    const [input, other] = [await upload(api, 'input', 'input.dat'), await upload(api, 'other', 'other.dat')];
    const { agentToken: key } = await api.addJob([input.id], 'under way');
    const read = await api.call('GET', `files/${input.id}/contents/`, { key });
    expect([read.status, await read.text()]).toEqual([200, 'input']);
    expect((await api.call('GET', `files/${other.id}/contents/`, { key })).status).toBe(404);
    expect((await api.call('GET', `files/${input.id}/`, { key })).status).toBe(403);
    expect((await api.call('DELETE', `files/${input.id}/`, { key })).status).toBe(403);
  });

  test('a file names the jobs that use it when asked', async () => {
    const { id } = await upload(api, 'used', 'used.dat');
    const { jobId } = await api.addJob([id], 'completed');
    const jobs = { results: [{ id: jobId, name: 'a job' }] };
    expect(await json(await api.call('GET', `files/${id}/?include_jobs=1`))).toMatchObject({ jobs });
    const listed = await json(await api.call('GET', 'files/?search=used.dat&include_jobs=True'));
    expect(listed).toMatchObject({ results: [{ id, jobs }] });
    expect(await json(await api.call('GET', `files/${id}/`))).not.toHaveProperty('jobs');
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
