/** What a storage device holds is measured, told, and held. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, runJob, saveJob, submitJob, until } from '../platform-harness.ts';

const DEVICES = '/api/v2/storage-devices/';
const MIB = 1024 * 1024;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(() => platform[Symbol.asyncDispose]());

async function startDevice(change: object): Promise<string> {
  const { body } = await platform.call('POST', DEVICES, { name: 'small', ...change });
  await platform.call('POST', `${DEVICES}${body.id}/submit/`);
  return body.id;
}

const withDevices = (...ids: string[]) => ({ storageDevices: ids.map((id) => ({ id })) });
const show = async (id: string) => (await platform.call('GET', `${DEVICES}${id}/`)).body;
const reasonsOf = async (id: string): Promise<string[]> =>
  (await platform.call('GET', `${DEVICES}${id}/statuses/?page_size=100`)).body.results.flatMap(
    ({ statusReason }: { statusReason: string | null }) => statusReason ?? [],
  );
/** Nobody sees it half full, and the job is not ended in the middle of filling it. */
const fillAtOnce = (id: string, mebibytes: number) =>
  `fallocate --length ${mebibytes}MiB $HOME/storage_${id}/big`;
const fill = (id: string, mebibytes: number) =>
  `dd if=/dev/urandom of=$HOME/storage_${id}/big bs=1M count=${mebibytes} status=none`;

test('a job that fills its device over its size is stopped, and says why; so is no other one', async () => {
  const [small, large] = [
    await startDevice({ storage_size_mb: 4 }),
    await startDevice({ storage_size_mb: 400 }),
  ];
  const other = await submitJob(platform, definition('sleep 300', withDevices(large)));
  const job = await submitJob(
    platform,
    definition(`trap 'echo told to end; exit 3' TERM; ${fillAtOnce(small, 6)}; echo full; sleep 300 & wait`, {
      ...withDevices(small, large),
    }),
  );
  const history = await reach(platform, job, 'Completed');
  expect(history.at(-2)).toContain(`storage device ${small} holds`);
  const ended = (await platform.call('GET', `/api/v2/jobs/${job}/`)).body;
  expect(ended).toMatchObject({
    outcome: 'failed',
    failure: { code: 'storage_device_full', message: expect.stringContaining(small) },
  });
  expect((await platform.call('GET', `/api/v2/jobs/${other}/`)).body.outcome).toBeNull();
  await platform.call('POST', `/api/v2/jobs/${other}/stop/`);

  const device = await platform.call('GET', `${DEVICES}${small}/`);
  expect(device.body.usedBytes).toBeGreaterThan(6 * MIB);
  expect(device.body.warnings).toEqual([expect.stringContaining('more than its')]);
  const next = await saveJob(platform, definition('true', withDevices(small)));
  expect(await platform.call('POST', `/api/v2/jobs/${next}/submit/`)).toMatchObject({
    status: 400,
    body: { code: 'storage_device_full', detail: expect.stringContaining(small) },
  });
  expect((await platform.call('PATCH', `${DEVICES}${small}/`, { storage_size_mb: 40 })).status).toBe(200);
  expect((await platform.call('POST', `/api/v2/jobs/${next}/submit/`)).status).toBe(200);
});

test('what it holds is measured when its job has ended, and alerts are given once each', async () => {
  const id = await startDevice({ storage_size_mb: 100, firstAlert: 20, secondAlert: 50 });
  await runJob(platform, definition(fill(id, 30), withDevices(id)));
  await until(async () => ((await show(id)).usedBytes ?? 0) > 30 * MIB, 'the measurement');
  expect(await reasonsOf(id)).toEqual([expect.stringContaining('more than 20 %')]);
  await runJob(platform, definition(fill(id, 60), withDevices(id)));
  await until(async () => (await reasonsOf(id)).length > 1, 'the second alert');
  expect((await reasonsOf(id))[0]).toContain('more than 50 %');
  expect((await show(id)).warnings).toEqual([expect.stringContaining('more than 50 %')]);
  const events = await platform.call('GET', `/api/v2/events-log/?subject=storage-device:${id}&verb=filling`);
  expect(events.body.count).toBe(2);
  await runJob(platform, definition(`rm ~/storage_${id}/big`, withDevices(id)));
  await until(async () => (await show(id)).usedBytes < MIB, 'the measurement');
  expect((await show(id)).warnings).toBeUndefined();
});

test('one that may grow does so instead of ending its jobs', async () => {
  const id = await startDevice({ storage_size_mb: 4, autoextend: true, autoextendPercent: 50 });
  const job = await submitJob(
    platform,
    definition(`${fill(id, 7)}; until [ -e ~/storage_${id}/go ]; do sleep 0.1; done`, withDevices(id)),
  );
  await until(async () => (await show(id)).sizeBytes > 4 * MIB, 'the growth');
  expect(await show(id)).toMatchObject({ storageSize: 9 / 1024 });
  await writeFile(join(platform.dataDir, 'devices', id, 'content', 'go'), '');
  await reach(platform, job, 'Completed');
  expect((await platform.call('GET', `/api/v2/jobs/${job}/`)).body.outcome).toBe('success');
});

test('a size below what it holds is refused, by what it holds now and wherever that lies', async () => {
  const id = await startDevice({ storage_size_mb: 100 });
  const hidden = join(platform.dataDir, 'devices', id, 'content', 'closed');
  await mkdir(hidden);
  await writeFile(join(hidden, 'file'), Buffer.alloc(10 * MIB, 1));
  await chmod(hidden, 0);
  expect(await platform.call('PATCH', `${DEVICES}${id}/`, { storage_size_mb: 5 })).toMatchObject({
    status: 400,
    body: { storageSize: [expect.stringContaining('holds')] },
  });
  expect((await show(id)).usedBytes).toBeGreaterThanOrEqual(10 * MIB);
  expect((await platform.call('PATCH', `${DEVICES}${id}/`, { storage_size_mb: 50 })).status).toBe(200);
});
