import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  definition,
  reach,
  runJob,
  type Someone,
  saveJob,
  submitJob,
  until,
} from './platform-harness.ts';

let platform: Platform;
let ann: Someone;
let bea: Someone;
let stranger: Someone;
let project: string;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
  ann = await addUser(platform, 'ann@lab.example');
  bea = await addUser(platform, 'bea@lab.example');
  stranger = await addUser(platform, 'stranger@lab.example');
  project = (await platform.call('POST', '/api/v2/projects/', { name: 'wings' })).body.id;
  for (const { id: userId } of [ann, bea]) {
    await platform.call('POST', `/api/v2/projects/${project}/members/`, { userId });
  }
});
afterAll(() => platform[Symbol.asyncDispose]());

const DEVICES = '/api/v2/storage-devices/';

async function addDevice(change: object = {}, key?: string): Promise<string> {
  const answer = await platform.call('POST', DEVICES, { name: 'scratch', storageSize: 1, ...change }, key);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body.id;
}

async function startDevice(change: object = {}, key?: string): Promise<string> {
  const id = await addDevice(change, key);
  expect(await platform.call('POST', `${DEVICES}${id}/submit/`, undefined, key)).toMatchObject({
    status: 200,
  });
  return id;
}

const withDevices = (...ids: string[]) => ({ storageDevices: ids.map((id) => ({ id })) });
const directoryOf = (id: string) => join(platform.dataDir, 'devices', id);
const get = (path: string, key?: string): Promise<Answer> => platform.call('GET', path, undefined, key);

describe('a storage device', () => {
  test('is created with a size in GB, started, and its history says so, the newest first', async () => {
    const { status, body } = await platform.call('POST', DEVICES, {
      name: 'results',
      storageSize: 20,
      hardware: { walltime: 100, coresPerSlot: 1, coreType: 'emerald' },
      firstAlert: 80,
      secondAlert: '95',
      autoextend: false,
      walltimeAlert: true,
      walltimeAlertHours: 2,
      region: { id: 'aBcDeF' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'results',
      storageSize: 20,
      sizeBytes: 20 * 1024 ** 3,
      usedBytes: null,
      projectId: null,
      status: 'Not Started',
      hardware: { walltime: 100, coresPerSlot: 1, coreType: 'emerald' },
      firstAlert: 80,
      secondAlert: 95,
    });
    expect(body.id).toMatch(/^[A-Za-z]+$/);
    const ineffective = [
      'walltime',
      'coresPerSlot',
      'coreType',
      'walltimeAlert',
      'walltimeAlertHours',
      'region',
    ];
    expect(body.warnings.map((text: string) => text.split(' ')[0])).toEqual(ineffective);

    const submitted = await platform.call('POST', `${DEVICES}${body.id}/submit/`);
    expect(submitted).toMatchObject({ status: 200, body: undefined });
    expect((await platform.call('POST', `${DEVICES}${body.id}/submit/`)).status).toBe(200);
    const statuses: Answer['body'] = await (
      await fetch(body.urls.statuses, { headers: { authorization: `Token ${platform.apiKey}` } })
    ).json();
    expect(statuses.results.map(({ status }: { status: string }) => status)).toEqual([
      ...['Started', 'Starting', 'Pending', 'Not Started'],
    ]);
    expect((await get(`/api/v3/storage-devices/${body.id}/`)).body).toMatchObject({ status: 'Started' });
  });

  test('is created with a size in MB, in snake_case', async () => {
    const wanted = {
      name: 'sdk',
      storage_size_mb: 512,
      walltime: 5,
      cores_per_slot: 1,
      core_type: 'emerald',
    };
    const { status, body } = await platform.call('POST', '/api/v3/storage-devices/', {
      ...wanted,
      run_low_priority: true,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ storageSize: 0.5, hardware: { walltime: 5, coreType: 'emerald' } });
    expect(body.warnings.join(' ')).not.toContain('unknown');
  });

  test.each([
    [{ name: 'x' }, { storageSize: [expect.stringContaining('required')] }],
    [{ storageSize: 1 }, { name: ['This field is required.'] }],
    [
      { name: 'x', storageSize: 0 },
      { storageSize: [expect.stringContaining('has 0.0009765625 to 1048576 GB')] },
    ],
    [{ name: 'x', storageSize: -3 }, { storageSize: [expect.stringContaining('not -3')] }],
    [{ name: 'x', storageSize: 1e300 }, { storageSize: [expect.stringContaining('1048576 GB')] }],
    [{ name: 'x', storageSize: 'much' }, { storageSize: ['A valid number is required.'] }],
    [{ name: 'x', storage_size_mb: 0.1 }, { storageSizeMb: [expect.stringContaining('has 0.0009765625')] }],
    [{ name: 'x', storageSize: 1, firstAlert: 101 }, { firstAlert: [expect.stringContaining('100')] }],
    [{ name: 'x', storageSize: 1, projectId: 'NoProj' }, { projectId: [expect.stringContaining('NoProj')] }],
  ])('%j is refused in words', async (wanted, words) => {
    const { status, body } = await platform.call('POST', DEVICES, wanted);
    expect(status).toBe(400);
    expect(body).toMatchObject(words);
  });

  test('is listed for its owner and the members of its project, the newest first, page by page', async () => {
    const own = await addDevice({ name: 'own' }, ann.key);
    const shared = await startDevice({ name: 'shared', projectId: project }, ann.key);
    const idsOf = async (key: string, query = '') =>
      (await get(`${DEVICES}${query}`, key)).body.results.map(({ id }: { id: string }) => id);
    expect(await idsOf(ann.key)).toEqual([shared, own]);
    expect(await idsOf(ann.key, '?active=true')).toEqual([shared]);
    expect(await idsOf(ann.key, '?active=false')).toEqual([own]);
    expect(await idsOf(bea.key)).toEqual([shared]);
    expect(await idsOf(stranger.key)).toEqual([]);
    const first = (await get(`${DEVICES}?page_size=1`, ann.key)).body;
    expect(first.results[0].id).toBe(shared);
    expect(
      (await get(new URL(first.next).pathname + new URL(first.next).search, ann.key)).body,
    ).toMatchObject({
      count: 2,
      next: null,
      results: [{ id: own }],
    });
    expect((await get(`${DEVICES}${own}/`, bea.key)).status).toBe(404);
    expect((await platform.call('PATCH', `${DEVICES}${shared}/`, { name: 'mine' }, bea.key)).status).toBe(
      403,
    );
    expect((await platform.call('DELETE', `${DEVICES}${shared}/`, undefined, bea.key)).status).toBe(403);
  });

  test('is renamed and resized', async () => {
    const id = await addDevice();
    const changed = await platform.call('PATCH', `${DEVICES}${id}/`, {
      name: 'renamed',
      storageSize: 2.5,
      first_alert: 50,
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      name: 'renamed',
      storageSize: 2.5,
      firstAlert: 50,
      autoextend: false,
    });
    expect((await get(`${DEVICES}${id}/`)).body).toMatchObject({ name: 'renamed', storageSize: 2.5 });
  });

  test('is deleted with what lies on it, and what a crash left of that goes with the next start', async () => {
    const id = await startDevice();
    await mkdir(join(directoryOf(id), 'content/a/b'), { recursive: true });
    await writeFile(join(directoryOf(id), 'content/a/b/file'), 'bytes');
    expect((await platform.call('DELETE', `${DEVICES}${id}/`)).status).toBe(204);
    expect((await get(`${DEVICES}${id}/`)).status).toBe(404);
    await until(async () => !existsSync(directoryOf(id)), 'the removal');

    await using other = await startPlatform();
    const made = (await other.call('POST', DEVICES, { name: 'x', storageSize: 1 })).body.id as string;
    await other.call('POST', `${DEVICES}${made}/submit/`);
    const directory = join(other.dataDir, 'devices', made);
    for (let index = 0; index < 5000; index += 1) {
      await writeFile(join(directory, 'content', `file-${index}`), '');
    }
    expect((await other.call('DELETE', `${DEVICES}${made}/`)).status).toBe(204);
    await other.kill();
    // As it is where the kill came in the middle, and of a device that this platform has never had.
    await mkdir(join(directory, 'content/left'), { recursive: true });
    await mkdir(join(other.dataDir, 'devices/NoRowS/content'), { recursive: true });
    await other.restart();
    await until(async () => (await readdir(join(other.dataDir, 'devices'))).length === 0, 'the removal');
  });
});

describe('a job with a storage device', () => {
  const WRITES = (id: string, text: string) =>
    `echo ${text} > ~/storage_${id}/${text}; cat /storage_${id}/${text}; pwd -P > where; realpath ~/storage_${id} >> where`;

  test('has it in its home and at the root, with what jobs before have left, and it is no output', async () => {
    const id = await startDevice();
    const first = await runJob(platform, definition(WRITES(id, 'first'), withDevices(id)));
    expect(first).toMatchObject({ outcome: 'success', storageDevices: [{ id, inputFiles: [] }] });
    const second = await runJob(
      platform,
      definition(`cat ~/storage_${id}/first && rm ~/storage_${id}/first && test ! -e /storage_${id}/first`, {
        ...withDevices(id),
      }),
    );
    expect(second).toMatchObject({ outcome: 'success' });
    const { body } = await get(`/api/v2/jobs/${first.id}/files/`);
    expect(body.results.map(({ relativePath }: { relativePath: string }) => relativePath).sort()).toEqual([
      ...['process_output.log', 'where'],
    ]);
    expect(existsSync(join(directoryOf(id), 'content'))).toBe(true);
  });

  test('sees what others write to it at the same time', async () => {
    const id = await startDevice({ projectId: project }, ann.key);
    const wait = (name: string) => `until [ -s /storage_${id}/${name} ]; do sleep 0.05; done`;
    const ping = definition(
      `echo ping > ~/storage_${id}/ping; ${wait('pong')}; grep pong ~/storage_${id}/pong`,
    );
    const pong = definition(
      `${wait('ping')}; echo pong >> /storage_${id}/ping; cp /storage_${id}/ping /storage_${id}/pong`,
    );
    const [a, b] = await Promise.all([
      submitJob(platform, { ...ping, ...withDevices(id) }, ann.key),
      submitJob(platform, { ...pong, ...withDevices(id) }, bea.key),
    ]);
    for (const job of [a, b]) {
      await reach(platform, job, 'Completed');
      expect((await get(`/api/v2/jobs/${job}/`)).body.outcome).toBe('success');
    }
  });

  test('does not see the device of another one, nor that of nobody', async () => {
    const [mine, theirs] = [await startDevice(), await startDevice()];
    const job = await runJob(
      platform,
      definition(
        `ls -d /storage_* ~/storage_*; test ! -e /storage_${theirs} && ! ls ${directoryOf(theirs)}`,
        {
          ...withDevices(mine),
        },
      ),
    );
    expect(job.outcome).toBe('success');
  });

  test('gets it by a request of its own, twice changes nothing, and the answer is a map', async () => {
    const id = await startDevice();
    const job = await saveJob(platform, definition(WRITES(id, 'attached')));
    for (const version of ['v2', 'v3']) {
      const body = version === 'v2' ? { storageDevice: { id } } : { storage_device: { id } };
      const answer = await platform.call('POST', `/api/${version}/jobs/${job}/storage-devices/`, body);
      expect(answer).toMatchObject({ status: 201, body: { jobId: job, storageDevice: { id } } });
    }
    expect((await get(`/api/v2/jobs/${job}/`)).body.storageDevices).toEqual([{ id, inputFiles: [] }]);
    await platform.call('POST', `/api/v2/jobs/${job}/submit/`);
    await reach(platform, job, 'Completed');
    expect((await get(`/api/v2/jobs/${job}/`)).body.outcome).toBe('success');
    // What it has, it may be given once more, in any state.
    const again = await platform.call('POST', `/api/v2/jobs/${job}/storage-devices/`, {
      storageDevice: { id },
    });
    expect(again.status).toBe(201);
    const clone = await platform.call('POST', `/api/v2/jobs/${job}/clone/`, {});
    expect(clone.body.storageDevices).toEqual([{ id, inputFiles: [] }]);
  });

  test('gets none once it was submitted, nor of other people, nor for other people', async () => {
    const [id, other] = [await startDevice({}, ann.key), await startDevice({}, bea.key)];
    const attach = (job: string, device: string, key: string) =>
      platform.call('POST', `/api/v2/jobs/${job}/storage-devices/`, { storageDevice: { id: device } }, key);
    const saved = await saveJob(platform, definition(), ann.key);
    expect(await attach(saved, other, ann.key)).toMatchObject({ status: 404 });
    expect(await attach(saved, 'NoNoNo', ann.key)).toMatchObject({ status: 404 });
    expect(await attach(saved, other, bea.key)).toMatchObject({ status: 404 });
    const refused = await platform.call(
      'POST',
      '/api/v2/jobs/',
      definition('true', withDevices(other)),
      ann.key,
    );
    expect(refused).toMatchObject({ status: 400, body: { storageDevices: [{ id: [expect.any(String)] }] } });
    // An administrator may use the device, and the owner of the job may not.
    expect(await attach(saved, other, platform.apiKey)).toMatchObject({ status: 400 });

    const running = await submitJob(platform, definition('sleep 60'), ann.key);
    expect(await attach(running, id, ann.key)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('started'), code: 'job_started' },
    });
    await platform.call('POST', `/api/v2/jobs/${running}/stop/`, undefined, ann.key);
  });

  test('is not submitted with one that is not started, or was deleted, or is shared no more', async () => {
    const id = await addDevice({ projectId: project }, ann.key);
    const job = await saveJob(platform, definition('true', withDevices(id)), bea.key);
    const submit = () => platform.call('POST', `/api/v2/jobs/${job}/submit/`, undefined, bea.key);
    expect(await submit()).toMatchObject({ status: 400, body: { code: 'storage_device_not_started' } });
    await platform.call('POST', `${DEVICES}${id}/submit/`, undefined, ann.key);
    await platform.call('DELETE', `/api/v2/projects/${project}/members/${bea.id}/`);
    expect(await submit()).toMatchObject({ status: 400, body: { code: 'storage_device_missing' } });
    await platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: bea.id });
    const gone = await platform.call('DELETE', `${DEVICES}${id}/`, undefined, ann.key);
    expect(gone.headers.get('warning')).toContain(job);
    expect(await submit()).toMatchObject({
      status: 400,
      body: { code: 'storage_device_missing', detail: expect.stringContaining(id) },
    });
  });

  test('keeps it from being deleted until it has ended', async () => {
    const id = await startDevice();
    const job = await submitJob(platform, definition('sleep 60', withDevices(id)));
    expect(await platform.call('DELETE', `${DEVICES}${id}/`)).toMatchObject({
      status: 400,
      body: { code: 'storage_device_in_use', detail: expect.stringContaining(job) },
    });
    await platform.call('POST', `/api/v2/jobs/${job}/stop/`);
    await reach(platform, job, 'Completed');
    expect((await platform.call('DELETE', `${DEVICES}${id}/`)).status).toBe(204);
    expect(await platform.call('POST', `/api/v2/jobs/${job}/runs/rerun/`, { runs: ['1'] })).toMatchObject({
      status: 400,
      body: { code: 'storage_device_missing' },
    });
  });

  test('does not get it when its owner has left the project before the job starts', async () => {
    const id = await startDevice({ projectId: project }, ann.key);
    const leaver = await addUser(platform, 'leaver@lab.example');
    const members = `/api/v2/projects/${project}/members/`;
    await platform.call('POST', members, { userId: leaver.id });
    const submit = async (command: string, change: object) => {
      const { body } = await platform.call('POST', '/api/v2/jobs/', definition(command, change), leaver.key);
      await platform.call('POST', `/api/v2/jobs/${body.id}/submit/`, {}, leaver.key);
      return body.id as string;
    };
    const before = await submit('sleep 60', {});
    const held = await submit(`ls ~/storage_${id}/`, {
      ...withDevices(id),
      after: [{ jobId: before, on: 'any' }],
    });
    await platform.call('DELETE', `${members}${leaver.id}/`);
    await platform.call('POST', `/api/v2/jobs/${before}/stop/`);
    await reach(platform, held, 'Completed');
    expect((await get(`/api/v2/jobs/${held}/`)).body).toMatchObject({
      outcome: 'failed',
      failure: { code: 'storage_device_unavailable', message: expect.stringContaining(id) },
    });
  });

  test('fails in words where the directory of the device is lost', async () => {
    const id = await startDevice();
    const { rm } = await import('node:fs/promises');
    await rm(join(directoryOf(id), 'content'), { recursive: true });
    const job = await runJob(platform, definition('true', withDevices(id)));
    expect(job).toMatchObject({ outcome: 'failed', failure: { code: 'storage_device_unavailable' } });
    const run = (await get(`/api/v2/jobs/${job.id}/runs/1/`)).body;
    expect(run.failure).toMatchObject({
      code: 'storage_device_unavailable',
      message: expect.stringContaining(id),
    });
  });
});
