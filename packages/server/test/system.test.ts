/** `system/`: how the platform is, for whoever keeps it; and what is free of each core type, for everybody. */
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoreType, DoctorRun, SystemState } from '@quarry/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, reach, type Someone, submitJob, until } from './platform-harness.ts';

const METRICS_TOKEN = 'a-token-that-nobody-may-see';

let platform: Platform;
let ann: Someone;
beforeAll(async () => {
  platform = await startPlatform({
    cores: 3,
    config: 'session_days = 3\n',
    environment: { QUARRY_METRICS_TOKEN: METRICS_TOKEN },
  });
  ann = await addUser(platform, 'ann@lab.example');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const system = async () => {
  const { status, body } = await platform.call('GET', '/api/v2/system/');
  expect(status).toBe(200);
  return body as SystemState;
};
const freeCores = async (version = 'v3') => {
  const { body } = await platform.call('GET', `/api/${version}/coretypes/?page_size=100`, undefined, ann.key);
  return Object.fromEntries(
    (body.results as CoreType[]).map(({ code, freeCores: free }) => [code, free] as const),
  );
};
/** What the doctor found when it has looked. */
const doctorSays = () =>
  until(async () => {
    const { status, body } = await platform.call('GET', '/api/v2/system/doctor/');
    return status === 200 && (body as DoctorRun).state !== 'running' && (body as DoctorRun);
  }, 'the doctor');
const waits = (coreType: string, coresPerSlot: number, change: object = {}) =>
  definition(
    'sleep 300',
    { name: `on ${coreType}`, ...change },
    { hardware: { coreType, coresPerSlot, slots: 1 } },
  );

test('what runs and what waits is told with owner, reason and place, and what is free to everybody', async () => {
  expect(await freeCores()).toMatchObject({ quartz: 3, granite: 2 });
  const running = await submitJob(platform, waits('granite', 2), ann.key);
  await reach(platform, running, 'Executing');
  const queued = await submitJob(platform, waits('granite', 2));
  const state = await until(async () => {
    const now = await system();
    return now.queue.entries[0]?.waiting !== null && now.queue.count === 1 && now;
  }, 'a job that waits');

  expect(state.cores).toEqual({ total: 3, used: 2 });
  expect(state.coreTypes).toEqual([{ code: 'granite', clusters: 1, coresUsed: 2, gpusUsed: 0 }]);
  expect(state.clusters).toMatchObject({
    count: 1,
    silentAgents: 0,
    entries: [{ jobId: running, owner: ann.email, name: 'on granite', cores: 2, isAlive: true }],
  });
  expect(state.queue.entries).toMatchObject([
    { jobId: queued, name: 'on granite', cores: 2, waiting: { code: 'waiting_for_cores', position: 1 } },
  ]);
  expect(await freeCores()).toMatchObject({ quartz: 1, granite: 0 });
  expect(await freeCores('v2')).toMatchObject({ quartz: 1, granite: 0 });

  for (const id of [running, queued]) {
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
  }
  await until(async () => (await system()).cores.used === 0, 'cores that are given back');
  await until(async () => (await system()).queue.count === 0, 'an empty queue');
  expect(await freeCores()).toMatchObject({ quartz: 3, granite: 2 });
});

test('a persistent cluster counts once, whatever jobs are on it', async () => {
  const { body: cluster } = await platform.call(
    'POST',
    '/api/v2/clusters/',
    { name: 'ours', hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 2, walltime: 1 } },
    ann.key,
  );
  await platform.call('POST', `/api/v2/clusters/${cluster.id}/start/`, undefined, ann.key);
  await until(
    async () => (await platform.call('GET', `/api/v2/clusters/${cluster.id}/`)).body.status === 'Started',
  );
  const job = await submitJob(platform, waits('quartz', 1, { clusterId: cluster.id }), ann.key);
  await reach(platform, job, 'Executing');
  const state = await system();
  expect(state.cores.used).toBe(2);
  expect(state.clusters.entries).toMatchObject([
    { id: cluster.id, jobId: null, name: 'ours', owner: ann.email, silentSeconds: null },
  ]);
  await platform.call('POST', `/api/v2/clusters/${cluster.id}/shutdown/`);
  await until(async () => (await system()).cores.used === 0, 'the end of the cluster');
});

test('disk, database, tasks and versions are those of this server', async () => {
  const state = await until(async () => {
    const now = await system();
    return now.database.dateChecked !== null && now;
  }, 'the look at the database');
  expect(state.database).toMatchObject({ problems: [] });
  expect(state.database.bytes + state.database.walBytes).toBeGreaterThan(10_000);
  expect(state.disk.directory).toBe(platform.dataDir);
  expect(state.disk.freeBytes).toBeLessThanOrEqual(state.disk.totalBytes!);
  expect(state.versions.sqlite).toMatch(/^3\./);
  expect(state.tasks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['scheduling', 'sessions', 'reconciliation']),
  );
  expect(state.tasks.filter(({ failures }) => failures > 0)).toEqual([]);
});

test('settings in effect say where they come from, and a secret is nowhere', async () => {
  const { settings, ...rest } = await system();
  const byName = Object.fromEntries(settings.map((each) => [each.name, each]));
  expect(byName.session_days).toMatchObject({ value: 3, source: 'file', isSecret: false });
  expect(byName.session_idle_hours).toMatchObject({ value: 12, source: 'default' });
  expect(byName.cores).toMatchObject({ value: 3, source: 'variable' });
  expect(byName.data).toMatchObject({ value: platform.dataDir, source: 'option' });
  expect(byName.metrics_token).toMatchObject({ value: null, source: 'variable', isSecret: true });
  expect(JSON.stringify({ settings, rest })).not.toContain(METRICS_TOKEN);
});

test('the doctor looks beside the server, once at a time, and what it found outlives a restart', async () => {
  expect((await platform.call('GET', '/api/v2/system/doctor/')).status).toBe(404);
  const [first, second] = await Promise.all(
    [1, 2].map(() => platform.call('POST', '/api/v2/system/doctor/')),
  );
  expect([first!.status, second!.status]).toEqual([202, 202]);
  expect(second!.body).toEqual(first!.body);
  const found = await doctorSays();
  expect(found).toMatchObject({ state: 'done', failure: null, dateStarted: first!.body.dateStarted });
  expect(found.checks).toContainEqual(expect.objectContaining({ name: 'database', status: 'ok' }));
  expect(found.checks.filter(({ status }) => status === 'error')).toEqual([]);
  expect((await system()).doctor).toEqual(found);

  await platform.stop();
  await platform.restart();
  expect((await platform.call('GET', '/api/v2/system/doctor/')).body).toEqual(found);
  expect(platform.log()).toContain('the doctor has looked');
});

test('a doctor that looks when the server ends goes with it', async () => {
  await platform.call('POST', '/api/v2/system/doctor/');
  await platform.stop();
  const commands = await import('node:fs/promises').then(({ readdir }) => readdir('/proc'));
  const doctors = commands
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes('doctor.ts') && command.includes(platform.dataDir);
      } catch {
        return false;
      }
    });
  expect(doctors).toEqual([]);
  await platform.restart();
});

test('mistakes in the catalogue are told by file and line, and the catalogue of before goes on', async () => {
  const before = (await system()).catalogue;
  expect(before.problems).toEqual([]);
  const directory = join(platform.dataDir, 'catalog');
  const file = join(directory, 'ours.toml');
  await mkdir(directory, { recursive: true });
  await writeFile(file, '[[coreType]]\ncode = "ours"\ncores = "many"\n');
  const { body: read } = await platform.call('POST', '/api/v2/system/catalogue/');
  expect(read.problems).toMatchObject([{ file: expect.stringContaining('ours.toml'), line: 3 }]);
  expect((await system()).catalogue).toEqual(read);
  expect(Object.keys(await freeCores())).toContain('quartz');

  await rm(file);
  const { body: again } = await platform.call('POST', '/api/v2/system/catalogue/');
  expect(again).toMatchObject({ problems: [], coreTypes: before.coreTypes });
});
