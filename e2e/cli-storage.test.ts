import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
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
  expect((await desk.quarry('jobs', 'show', job)).stdout).toMatch(
    new RegExp(`^Devices +${id}  \\$HOME/storage_${id}$`, 'm'),
  );
  const refused = await desk.quarry('storage', 'rm', id);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain(job);
  await desk.quarry('jobs', 'stop', job);
  await desk.quarry('jobs', 'watch', job);
  expect(JSON.parse((await desk.quarry('storage', 'rm', id, '--json')).stdout)).toEqual({ deleted: [id] });
  expect((await desk.quarry('storage', 'show', id)).exitCode).toBe(4);
});

test('files are put onto a device, listed, fetched, copied there and removed', async () => {
  await using desk = await openDesk(platform);
  const { id } = JSON.parse((await desk.quarry('storage', 'create', 'Data', '--size', '1', '--json')).stdout);
  const path = join(desk.folder, 'wing 1.msh');
  await writeFile(path, 'nodes 3\n');
  expect((await desk.quarry('storage', 'put', `${id}:meshes`, path)).stdout).toContain('1 file (8 B)');
  const uploaded = JSON.parse((await desk.quarry('files', 'upload', path, '--json')).stdout).items[0].id;
  const copied = await desk.quarry('storage', 'cp', `${id}:copies/`, uploaded, '--json');
  expect(JSON.parse(copied.stdout)).toEqual({
    device: id,
    items: [{ id: uploaded, path: 'copies/wing 1.msh', sizeBytes: 8 }],
  });
  const command = `cat ~/storage_${id}/meshes/*.msh ~/storage_${id}/copies/*.msh > ~/storage_${id}/all`;
  expect(
    (await desk.quarry('jobs', 'submit', '--storage', id, '--command', command, '--wait')).exitCode,
  ).toBe(0);
  const listed = await desk.quarry('storage', 'ls', id);
  expect(listed.stdout).toMatch(/all +file +16 B/);
  expect(listed.stdout).toMatch(/meshes\/ +directory/);
  expect(JSON.parse((await desk.quarry('storage', 'ls', `${id}:/meshes/`, '--json')).stdout)).toMatchObject({
    items: [{ name: 'wing 1.msh', path: 'meshes/wing 1.msh', type: 'file', sizeBytes: 8 }],
    total: 1,
  });
  expect((await desk.quarry('storage', 'get', `${id}:all`, '--output', 'back')).exitCode).toBe(0);
  expect(await readFile(join(desk.folder, 'back/all'), 'utf8')).toBe('nodes 3\nnodes 3\n');
  expect((await desk.quarry('storage', 'get', `${id}:all`, '--output', 'back')).stderr).toContain('--force');
  expect((await desk.quarry('storage', 'get', `${id}:none`, '--output', 'back')).exitCode).toBe(4);
  expect(await readdir(join(desk.folder, 'back'))).toEqual(['all']);
  expect((await desk.quarry('storage', 'rm', `${id}:`)).stderr).toContain('whole storage device');
  expect((await desk.quarry('storage', 'rm', `${id}:meshes`, `${id}:all`)).exitCode).toBe(0);
  expect(JSON.parse((await desk.quarry('storage', 'ls', id, '--json')).stdout).total).toBe(1);
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
