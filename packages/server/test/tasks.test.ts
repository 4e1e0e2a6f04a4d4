/** What takes long and goes on by itself, as whoever begins it sees it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, runJob, type Someone, saveJob, until, uploadFile } from './platform-harness.ts';
import { readZip } from './read-zip.ts';

let platform: Platform;
let ann: Someone;
let boss: Someone;
let stranger: Someone;
let project: string;
let jobId: string;

beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  ann = await addUser(platform, 'ann@lab.example');
  boss = await addUser(platform, 'boss@lab.example', { role: 'manager' });
  stranger = await addUser(platform, 'stranger@lab.example', { role: 'manager' });
  project = (await platform.call('POST', '/api/v2/projects/', { name: 'wings' })).body.id;
  await platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: ann.id });
  await joinBoss();
  jobId = (
    await runJob(
      platform,
      definition('echo lift > a.txt; mkdir d; echo drag > d/b.txt', { projectId: project }),
      ann.key,
    )
  ).id;
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const joinBoss = () =>
  platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: boss.id, role: 'manager' });

const begin = async (path: string, body: unknown = {}, key = ann.key) => {
  const answer = await platform.call('POST', `/api/v2/${path}`, body, key);
  expect([answer.status, answer.body]).toMatchObject([202, { ready: false, result: [] }]);
  return answer.body.id as string;
};

const ended = (id: string, key = ann.key) =>
  until(async () => {
    const { body } = await platform.call('GET', `/api/v2/tasks/${id}/`, undefined, key);
    return body.ready === true && body;
  }, `the end of task ${id}`);

const bytesOf = async (fileId: string, key = ann.key) => {
  const url = new URL(`/api/v2/files/${fileId}/contents/`, platform.url);
  return Buffer.from(await (await fetch(url, { headers: { authorization: `Token ${key}` } })).arrayBuffer());
};

const namesOfFiles = async (key: string) =>
  (await platform.call('GET', '/api/v2/files/?page_size=1000&owner=1', undefined, key)).body.results.map(
    ({ name }: { name: string }) => name,
  );

test('the outputs of a job become one file of whoever asked, and the task tells how far it is and where it is', async () => {
  const id = await begin(`jobs/${jobId}/archive/task/`, { search: '.txt' });
  const task = await ended(id);
  expect(task).toMatchObject({
    ...{ id, kind: 'archive', status: 'done', owner: ann.email, subject: { type: 'job', id: jobId } },
    ...{ error: null, progress: { done: 10, of: 10, unit: 'bytes' } },
    result: [{ name: `job_${jobId}.zip`, fileCount: 2 }],
  });
  expect(task.dateInserted <= task.dateStarted && task.dateStarted <= task.dateEnded).toBe(true);
  expect(Date.parse(task.dateExpires) - Date.parse(task.dateEnded)).toBe(7 * 86_400_000);
  const { fileId, sizeBytes } = task.result[0];
  const bytes = await bytesOf(fileId);
  expect(bytes.byteLength).toBe(sizeBytes);
  expect([...(await readZip(bytes))].map(([name, { text }]) => [name, text]).sort()).toEqual([
    [`job_${jobId}/a.txt`, 'lift\n'],
    [`job_${jobId}/d/b.txt`, 'drag\n'],
  ]);
  // A file of the library, no output of the job.
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/files/`, undefined, ann.key);
  expect(body.results.some((file: { id: string }) => file.id === fileId)).toBe(false);
});

test('a task that has ended is forgotten on request, and its file stays', async () => {
  const id = await begin(`jobs/${jobId}/archive/task/`, { format: 'tar' });
  const { fileId } = (await ended(id)).result[0];
  expect((await platform.call('DELETE', `/api/v2/tasks/${id}/`, undefined, ann.key)).status).toBe(204);
  expect((await platform.call('GET', `/api/v2/tasks/${id}/`, undefined, ann.key)).status).toBe(404);
  expect((await platform.call('DELETE', `/api/v2/tasks/${id}/`, undefined, ann.key)).status).toBe(404);
  expect((await bytesOf(fileId)).includes(`job_${jobId}/d/b.txt`)).toBe(true);
});

test('tasks are listed newest first for whoever began them or sees their job, and for nobody else', async () => {
  const first = await begin(`jobs/${jobId}/archive/task/`);
  const second = await begin(`jobs/${jobId}/archive/task/`);
  const list = async (key: string, query = '') =>
    (await platform.call('GET', `/api/v2/tasks/?page_size=100${query}`, undefined, key)).body.results.map(
      ({ id }: { id: string }) => id,
    );
  expect((await list(ann.key)).slice(0, 2)).toEqual([second, first]);
  expect((await list(boss.key)).slice(0, 2)).toEqual([second, first]);
  expect((await list(platform.apiKey)).slice(0, 2)).toEqual([second, first]);
  expect(await list(stranger.key)).toEqual([]);
  expect((await platform.call('GET', `/api/v2/tasks/${first}/`, undefined, stranger.key)).status).toBe(404);
  await Promise.all([ended(first), ended(second)]);
  expect((await list(ann.key, '&status=done')).slice(0, 2)).toEqual([second, first]);
  expect(await list(ann.key, '&status=failed')).toEqual([]);
  const page = await platform.call('GET', '/api/v2/tasks/?page_size=1', undefined, ann.key);
  const next = await platform.call('GET', page.body.next, undefined, ann.key);
  expect(next.body.results[0].id).toBe(first);
});

test('who may not see the job, or names no run of it, begins nothing', async () => {
  const path = `/api/v2/jobs/${jobId}/archive/task/`;
  expect((await platform.call('POST', path, {}, stranger.key)).status).toBe(404);
  expect((await platform.call('POST', path, { run: 7 }, ann.key)).status).toBe(404);
  expect((await platform.call('POST', path, { format: 'rar' }, ann.key)).body).toHaveProperty('format');
  expect((await platform.call('GET', '/api/v2/tasks/', undefined, stranger.key)).body.count).toBe(0);
});

test('an archive of a job that has not ended says so', async () => {
  const saved = await saveJob(platform, definition('true'), ann.key);
  const answer = await platform.call('POST', `/api/v2/jobs/${saved}/archive/task/`, {}, ann.key);
  expect(answer.headers.get('warning')).toContain('has not ended');
  expect(await ended(answer.body.id)).toMatchObject({ status: 'done', result: [{ fileCount: 0 }] });
});

test('what a manager began fails in words, and makes nothing, when they have left the project or the job was deleted', async () => {
  const before = (await namesOfFiles(boss.key)).length;
  // So many that some of them wait for their turn.
  const ids = await Promise.all(
    Array.from({ length: 20 }, () => begin(`jobs/${jobId}/archive/task/`, {}, boss.key)),
  );
  await platform.call('DELETE', `/api/v2/projects/${project}/members/${boss.id}/`);
  const left = await Promise.all(ids.map((id) => ended(id, boss.key)));
  const failed = left.filter(({ status }) => status === 'failed');
  expect(failed.length).toBeGreaterThan(0);
  for (const { error, result } of failed) {
    expect(error).toMatchObject({ code: 'not_found', message: expect.stringContaining(jobId) });
    expect(result).toEqual([]);
  }
  expect((await namesOfFiles(boss.key)).length - before).toBe(left.length - failed.length);
  await joinBoss();

  const doomed = (await runJob(platform, definition('echo x > x'), ann.key)).id;
  const tasks = await Promise.all(Array.from({ length: 10 }, () => begin(`jobs/${doomed}/archive/task/`)));
  expect((await platform.call('DELETE', `/api/v2/jobs/${doomed}/`, undefined, ann.key)).status).toBe(204);
  const ends = await Promise.all(tasks.map((id) => ended(id)));
  expect(new Set(ends.map(({ status }) => status))).toContain('failed');
});

test('whoever follows events hears of their own tasks as these go on', async () => {
  const url = new URL('/api/v2/events/?verb=created,started,done', platform.url);
  const following = await fetch(url, { headers: { authorization: `Token ${ann.key}` } });
  const reader = following.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const heard = async (words: RegExp) => {
    while (!words.test(text)) {
      const { value, done } = await reader.read();
      expect(done).toBe(false);
      text += value;
    }
  };
  await heard(/event: ready/);
  const id = await begin(`jobs/${jobId}/archive/task/`);
  await heard(new RegExp(`"subject":\\{"type":"task","id":"${id}"\\},"verb":"done"`));
  const verbs = [...text.matchAll(new RegExp(`"id":"${id}"\\},"verb":"(\\w+)"`, 'g'))].map(
    ([, verb]) => verb,
  );
  expect(verbs).toEqual(['created', 'started', 'done']);
  await reader.cancel();
});

test('the table of a sweep becomes a file, the same as the one that is sent', async () => {
  const x = {
    ...{ name: 'x', variableType: 'Param', displayOrder: 1 },
    ...{ valueGeneratorType: 'Values', valueGeneratorSettings: { values: [1, 2, 3] } },
  };
  const printsOutput = { postProcessScriptCommand: "printf 'y\\t1\\n'" };
  const sweep = (await runJob(platform, definition('true', { jobvariables: [x] }, printsOutput), ann.key)).id;
  for (const format of ['csv', 'parquet', 'json']) {
    const task = await ended(await begin(`jobs/${sweep}/results/task/`, { format }));
    expect(task).toMatchObject({
      ...{ kind: 'results', status: 'done', progress: { done: 3, of: 3, unit: 'runs' } },
      result: [{ name: `${sweep}-results.${format}`, runs: 3 }],
    });
    const sent = await fetch(new URL(`/api/v2/jobs/${sweep}/results/?format=${format}`, platform.url), {
      headers: { authorization: `Token ${ann.key}` },
    });
    const bytes = Buffer.from(await sent.arrayBuffer());
    // Whoever follows a sweep is told besides how far the answer has come.
    const table = format === 'json' ? bytes.toString().replace(/"mark":"[^"]*","isWhole":true,/, '') : bytes;
    expect(await bytesOf(task.result[0].fileId)).toEqual(Buffer.from(table));
  }
});

test('files are copied onto a device as a task, all of them or none', async () => {
  const device = (
    await platform.call('POST', '/api/v2/storage-devices/', { name: 'd', storageSizeMb: 2 }, ann.key)
  ).body.id;
  await platform.call('POST', `/api/v2/storage-devices/${device}/submit/`, undefined, ann.key);
  const ids = [];
  for (const name of ['a', 'b']) {
    ids.push((await uploadFile(platform, name, name.repeat(1_200_000), ann.key)).id);
  }
  const path = `storage-devices/${device}/file-downloads/task/`;
  const copy = (files: string[]) => begin(path, { files: files.map((id) => ({ id })), outputDir: 'in' });
  const entries = async () =>
    (
      await platform.call(
        'GET',
        `/api/v2/storage-devices/${device}/directory-contents/?path=in`,
        undefined,
        ann.key,
      )
    ).body.results?.map(({ name }: { name: string }) => name) ?? [];
  expect(await ended(await copy(ids))).toMatchObject({
    ...{ status: 'failed', subject: { type: 'storage-device', id: device } },
    error: { code: 'storage_device_full', hint: expect.stringContaining('larger') },
  });
  expect(await entries()).toEqual([]);
  expect(await ended(await copy(ids.slice(1)))).toMatchObject({
    ...{ status: 'done', progress: { done: 1_200_000, of: 1_200_000 } },
    result: [{ files: [{ id: ids[1], path: 'in/b', sizeBytes: 1_200_000 }] }],
  });
  expect(await entries()).toEqual(['b']);
  const strange = await platform.call('POST', `/api/v2/${path}`, { files: [{ id: 'AbSent' }] }, ann.key);
  expect([strange.status, strange.body.files[0].id[0]]).toEqual([400, expect.stringContaining('AbSent')]);
});

test('who uses a device sees what is copied there, and who manages it may cancel that', async () => {
  const bob = await addUser(platform, 'bob@lab.example');
  await platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: bob.id });
  const wish = { name: 'shared', storageSize: 1, projectId: project };
  const device = (await platform.call('POST', '/api/v2/storage-devices/', wish, ann.key)).body.id;
  await platform.call('POST', `/api/v2/storage-devices/${device}/submit/`, undefined, ann.key);
  const file = (await uploadFile(platform, 'a', 'a', ann.key)).id;
  const id = await begin(`storage-devices/${device}/file-downloads/task/`, { files: [{ id: file }] });
  expect((await ended(id, bob.key)).status).toBe('done');
  const path = `/api/v2/tasks/${id}/`;
  expect((await platform.call('DELETE', path, undefined, bob.key)).status).toBe(403);
  expect((await platform.call('DELETE', path, undefined, stranger.key)).status).toBe(404);
  expect((await platform.call('DELETE', path, undefined, boss.key)).status).toBe(204);
});

test('a token is no task, and an id no token', async () => {
  const { token } = (await platform.call('GET', `/api/v2/jobs/${jobId}/servers/load/`, undefined, ann.key))
    .body;
  const { body } = await platform.call('GET', `/api/v2/tasks/${token}/`, undefined, ann.key);
  expect([Object.keys(body), body.ready]).toEqual([['ready', 'result'], true]);
  expect((await platform.call('DELETE', `/api/v2/tasks/${token}/`, undefined, ann.key)).status).toBe(404);
  for (const strange of ['AbSent', `${'x'.repeat(200)}.y`, `${token}x`]) {
    expect((await platform.call('GET', `/api/v2/tasks/${strange}/`, undefined, ann.key)).status).toBe(404);
  }
});

test('nobody has more than a thousand tasks that have not ended', async () => {
  const heavy = (await runJob(platform, definition('head -c 20000000 /dev/zero > large'), ann.key)).id;
  const AT_ONCE = 100;
  const statuses = new Set<number>();
  for (let round = 0; round < 13; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        platform.call('POST', `/api/v2/jobs/${heavy}/archive/task/`, {}, ann.key),
      ),
    );
    for (const { status } of answers) {
      statuses.add(status);
    }
  }
  expect(statuses).toEqual(new Set([202, 429]));
  // Others have their turn meanwhile.
  expect((await ended(await begin(`jobs/${jobId}/archive/task/`, {}, boss.key), boss.key)).status).toBe(
    'done',
  );
  const path = '/api/v2/tasks/?status=waiting&page_size=1000';
  const ids = (await platform.call('GET', path, undefined, ann.key)).body.results.map(
    ({ id }: { id: string }) => id,
  );
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const cancelled = await Promise.all(
      ids
        .slice(first, first + AT_ONCE)
        .map((id: string) => platform.call('DELETE', `/api/v2/tasks/${id}/`, undefined, ann.key)),
    );
    expect(new Set(cancelled.map(({ status }) => status))).toEqual(new Set([204]));
  }
  expect((await ended(ids[0])).status).toBe('cancelled');
});
