import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { openDesk } from './cli-harness.ts';
import { findings } from './support/doctor.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(() => platform[Symbol.asyncDispose]());

test('a storage device is created, given to jobs, shown and deleted', async () => {
  await using desk = await openDesk(platform);
  expect((await desk.quarry('storage', 'create', 'Meshes')).stderr).toContain('--size');
  const created = await desk.quarry(
    'storage',
    'create',
    'Meshes',
    '--size',
    '0.5',
    '--first-alert',
    '80',
    '--json',
  );
  const { id, status } = JSON.parse(created.stdout);
  expect(status).toBe('Started');
  const command = `echo mesh > ~/storage_${id}/mesh`;
  const ran = await desk.quarry('jobs', 'submit', '--storage', id, '--command', command, '--wait');
  expect(ran.exitCode).toBe(0);
  expect((await desk.quarry('storage', 'list')).stdout).toMatch(
    new RegExp(`${id}.*Meshes.*Started.*512 MiB`),
  );
  const shown = await desk.quarry('storage', 'show', id);
  expect(shown.stdout).toContain(`$HOME/storage_${id}, /storage_${id}`);
  expect(JSON.parse((await desk.quarry('storage', 'show', id, '--json')).stdout)).toMatchObject({
    id,
    storageSize: 0.5,
  });

  const waiting = await desk.quarry(
    'jobs',
    'submit',
    '--storage',
    id,
    '--command',
    'sleep 60',
    '--quiet',
    '--json',
  );
  const job = JSON.parse(waiting.stdout).id;
  const refused = await desk.quarry('storage', 'rm', id);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain(job);
  await desk.quarry('jobs', 'stop', job);
  await desk.quarry('jobs', 'watch', job);
  expect(JSON.parse((await desk.quarry('storage', 'rm', id, '--json')).stdout)).toEqual({ deleted: [id] });
  expect((await desk.quarry('storage', 'show', id)).exitCode).toBe(4);
});

test('the doctor says when the directory of a device is lost', async () => {
  await using desk = await openDesk(platform);
  const { id } = JSON.parse((await desk.quarry('storage', 'create', 'Lost', '--size', '1', '--json')).stdout);
  expect(await findings(platform.dataDir)).toEqual([]);
  const directory = join(platform.dataDir, 'devices', id);
  await rename(directory, `${directory}.away`);
  expect(await findings(platform.dataDir)).toMatchObject([
    { name: 'storage devices', status: 'error', message: expect.stringContaining(`Lost (${id})`) },
  ]);
  await rename(`${directory}.away`, directory);
  expect(await findings(platform.dataDir)).toEqual([]);
});
