/** `GET events-log/`: who did what, for administrators. */
import type { LoggedEvent } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  definition,
  makeApiKey,
  reach,
  type Someone,
  saveJob,
  submitJob,
  until,
  uploadFile,
} from './platform-harness.ts';

let platform: Platform;
let ann: Someone;
let owner: { id: string; email: string };
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  owner = (await platform.call('GET', '/api/v2/users/me/')).body;
  ann = await addUser(platform, 'ann@lab.example');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, key = platform.apiKey) =>
  platform.call(method, `/api/v2/${path}`, body, key);
const events = async (query: Record<string, string> = {}) => {
  const { status, body } = await call(
    'GET',
    `events-log/?${new URLSearchParams({ page_size: '1000', ...query })}`,
  );
  expect(status).toBe(200);
  return body.results as LoggedEvent[];
};
/** The verbs of what was done to something, in their order, each with who did it. */
const storyOf = async (subject: string) =>
  (await events({ subject })).reverse().map(({ verb, actor }) => `${actor?.email ?? 'nobody'}: ${verb}`);

describe('what is in it', () => {
  test('a job from its creation to its deletion, and who did each', async () => {
    const id = await saveJob(platform, definition('sleep 600', { name: 'the job' }), ann.key);
    await call('PATCH', `jobs/${id}/`, { name: 'the same job' }, ann.key);
    await call('POST', `jobs/${id}/submit/`, undefined, ann.key);
    await reach(platform, id, 'Executing');
    await call('POST', `jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
    const { body: clone } = await call('POST', `jobs/${id}/clone/`, {}, ann.key);
    await until(async () => (await call('DELETE', `jobs/${id}/`, undefined, ann.key)).status === 204);
    expect(await storyOf(`job:${id}`)).toEqual([
      ...['created', 'changed', 'submitted'].map((verb) => `${ann.email}: ${verb}`),
      `${owner.email}: stopped`,
      `${ann.email}: deleted`,
    ]);
    const [deleted, , , changed, created] = await events({ subject: `job:${id}` });
    expect(created!.detail).toEqual({ name: 'the job' });
    expect(changed!.detail).toEqual({ fields: ['name'] });
    expect(deleted!.detail).toEqual({ name: 'the same job' });
    expect((await events({ subject: `job:${clone.id}` }))[0]!.detail).toMatchObject({ clonedFrom: id });
  });

  test('runs that were stopped and executed again', async () => {
    const id = await submitJob(platform, definition('sleep 600'), ann.key);
    await reach(platform, id, 'Executing');
    await call('POST', `jobs/${id}/runs/1/stop/`, undefined, ann.key);
    await reach(platform, id, 'Completed');
    await until(async () => (await call('POST', `jobs/${id}/runs/rerun/`, {}, ann.key)).status < 300);
    await call('POST', `jobs/${id}/stop/`, undefined, ann.key);
    expect((await storyOf(`job:${id}`)).slice(2)).toEqual(
      ['run_stopped', 'rerun', 'stopped'].map((verb) => `${ann.email}: ${verb}`),
    );
  });

  test('files, one by one and many at once', async () => {
    const file = await uploadFile(platform, 'a.txt', 'some bytes', ann.key);
    await call('PATCH', `files/${file.id}/`, { name: 'b.txt' }, ann.key);
    await call('DELETE', `files/${file.id}/`);
    await call('DELETE', `files/${file.id}/`);
    expect(await storyOf(`file:${file.id}`)).toEqual([
      `${ann.email}: created`,
      `${ann.email}: changed`,
      `${owner.email}: deleted`,
    ]);
    const [deleted, , created] = await events({ subject: `file:${file.id}` });
    expect([created!.detail, deleted!.detail]).toEqual([
      { name: 'a.txt', sizeBytes: 10 },
      { name: 'b.txt', sizeBytes: 10 },
    ]);

    const form = new FormData();
    const names = Array.from({ length: 150 }, (_, number) => `many-${number}.txt`);
    form.set('manifest', JSON.stringify(names.map((name) => ({ name, sizeBytes: 3 }))));
    for (const name of names) {
      form.append('file', new Blob(['abc']), name);
    }
    const response = await fetch(new URL('/api/v2/files/bulk/', platform.url), {
      method: 'POST',
      headers: { authorization: `Token ${ann.key}` },
      body: form,
    });
    expect([response.status, await response.text()]).toEqual([201, expect.any(String)]);
    const [bulk] = await events({ subject: 'files' });
    expect(bulk).toMatchObject({
      ...{ verb: 'created', actor: { id: ann.id }, subject: { type: 'files', id: null } },
      detail: { files: 150, sizeBytes: 450 },
    });
    expect(bulk!.detail.ids).toHaveLength(100);
  });

  test('an upload that becomes a file, and one that is given up', async () => {
    const begin = async (bytes: number) => {
      const response = await fetch(new URL('/api/v2/files/uploads/', platform.url), {
        method: 'POST',
        headers: {
          authorization: `Token ${ann.key}`,
          'tus-resumable': '1.0.0',
          'upload-length': String(bytes),
          'upload-metadata': `filename ${Buffer.from('up.bin').toString('base64')}`,
        },
      });
      return (await response.json()) as { id: string; file: { id: string } | null };
    };
    const whole = await begin(0);
    expect(await storyOf(`upload:${whole.id}`)).toEqual([`${ann.email}: created`]);
    expect((await events({ actor: ann.id, verb: 'created' }))[0]).toMatchObject({
      subject: { type: 'file' },
    });
    const broken = await begin(5);
    await fetch(new URL(`/api/v2/files/uploads/${broken.id}/`, platform.url), {
      method: 'DELETE',
      headers: { authorization: `Token ${ann.key}`, 'tus-resumable': '1.0.0' },
    });
    expect(await storyOf(`upload:${broken.id}`)).toEqual([`${ann.email}: created`, `${ann.email}: deleted`]);
  });

  test('people, their keys and projects', async () => {
    const ben = await addUser(platform, 'ben@lab.example');
    await call('PATCH', `users/${ben.id}/`, { role: 'manager', fullName: 'Ben' });
    expect((await events({ subject: `user:${ben.id}` })).map(({ verb, detail }) => [verb, detail])).toEqual([
      ['changed', { fields: ['fullName', 'role'], role: 'manager' }],
      ['created', { email: ben.email, role: 'member', hasKey: true }],
    ]);
    const key = await makeApiKey(platform, { name: 'laptop' }, ben.key);
    await call('DELETE', `users/me/api-keys/${key.id}/`, undefined, ben.key);
    expect(await storyOf(`key:${key.id}`)).toEqual([`${ben.email}: created`, `${ben.email}: revoked`]);
    const { body: project } = await call('POST', 'projects/', { name: 'wings' });
    await call('POST', `projects/${project.id}/members/`, { userId: ben.id });
    await call('PATCH', `projects/${project.id}/`, { description: 'of a plane' });
    await call('DELETE', `projects/${project.id}/members/${ben.id}/`);
    expect(await storyOf(`project:${project.id}`)).toEqual(
      ['created', 'member_added', 'changed', 'member_removed'].map((verb) => `${owner.email}: ${verb}`),
    );
  });

  test('what the platform did by itself is nobody’s', async () => {
    const made = (await events()).filter(({ actor }) => actor === null);
    expect(made.map(({ verb, subject }) => [verb, subject.type])).toEqual([
      ['created', 'key'],
      ['created', 'user'],
    ]);
  });

  test('what somebody asked for who may not, once for many times, under the id of the request', async () => {
    const eve = await addUser(platform, 'eve@lab.example');
    for (let time = 0; time < 5; time++) {
      await call('GET', 'users/', undefined, eve.key);
    }
    await call('POST', 'projects/', { name: 'mine' }, eve.key);
    await call('GET', 'events-log/', undefined, eve.key);
    const refused = await until(async () => {
      const found = await events({ actor: eve.email, verb: 'refused' });
      return found.length >= 3 && found;
    });
    expect(refused.map(({ subject }) => subject.id)).toEqual([
      'GET /api/v2/events-log/',
      'POST /api/v2/projects/',
      'GET /api/v2/users/',
    ]);
    expect(refused[0]!.detail).toEqual({ requestId: expect.stringMatching(/^[0-9a-f-]{17}$/) });
  });

  test('the first use of a key, when the server is stopped at the latest', async () => {
    await using other = await startPlatform();
    const { body: user } = await other.call('POST', '/api/v2/users/', { email: 'new@lab.example' });
    for (let time = 0; time < 3; time++) {
      await other.call('GET', '/api/v2/users/me/', undefined, user.apiKey);
    }
    await other.stop();
    await other.restart();
    const { body } = await other.call('GET', '/api/v2/events-log/?verb=first_used&actor=new@lab.example');
    expect(body.results).toMatchObject([{ subject: { type: 'key' }, actor: { id: user.id } }]);
  });

  test('never a key', async () => {
    const { status, body } = await call('GET', 'events-log/?page_size=1000');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain('qry_');
  });
});

describe('how it is read', () => {
  test('the latest first, page by page, each event once although others come between', async () => {
    const all = (await events()).map(({ id }) => Number(id));
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    const read: number[] = [];
    for (let path: string | null = '/api/v2/events-log/?page_size=7'; path !== null; ) {
      const { body } = await platform.call('GET', path);
      read.push(...body.results.map(({ id }: { id: string }) => Number(id)));
      path = body.next && new URL(body.next).pathname + new URL(body.next).search;
      if (read.length < 30) {
        await saveJob(platform);
      }
    }
    expect(read).toEqual(all);
  });

  test('by who did it, by address or id, what it was done to, the verb and the time, all at once', async () => {
    const id = await saveJob(platform, definition(), ann.key);
    const [created] = await events({ subject: `job:${id}` });
    const at = created!.date;
    const find = (query: Record<string, string>) => events({ subject: `job:${id}`, ...query });
    for (const query of [
      { actor: ann.id },
      { actor: ann.email.toUpperCase() },
      { verb: 'created' },
      { since: '2020-01-01' },
      { until: '2100-01-01' },
      { actor: ann.id, verb: 'created', since: at.slice(0, 10) },
    ] as Record<string, string>[]) {
      expect([query, (await find(query)).length]).toEqual([query, 1]);
    }
    for (const query of [
      { actor: owner.id },
      { actor: 'nobody@lab.example' },
      { verb: 'deleted' },
      { since: '2100-01-01' },
      { until: '2020-01-01' },
    ] as Record<string, string>[]) {
      expect([query, await find(query)]).toEqual([query, []]);
    }
  });

  test('a time that is none is refused, and so is a damaged link', async () => {
    const { status, body } = await call('GET', 'events-log/?since=yesterday');
    expect([status, body]).toEqual([400, { since: [expect.stringContaining('ISO 8601')] }]);
    expect((await call('GET', 'events-log/?page=2&after=x')).status).toBe(404);
  });

  test('by administrators only', async () => {
    expect((await call('GET', 'events-log/', undefined, ann.key)).status).toBe(403);
    expect((await platform.call('GET', '/api/v2/events-log/', undefined, null)).status).toBe(401);
  });
});
