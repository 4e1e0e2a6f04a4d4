import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { definition, runJob, saveJob, uploadFile } from '../packages/server/test/platform-harness.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { LAUNCHER, openDesk } from './cli-harness.ts';

const run = promisify(execFile);

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 2 });
});
afterAll(() => platform[Symbol.asyncDispose]());

test('the outputs of a job are saved as one archive, or unpacked as they come', {
  timeout: 60_000,
}, async () => {
  await using desk = await openDesk(platform);
  const { id } = await runJob(platform, definition('mkdir post; echo 42 > post/force.dat'));
  const saved = await desk.quarry('jobs', 'archive', id, '--format', 'tar', '--json');
  expect(saved.exitCode).toBe(0);
  const { path, format, sizeBytes } = JSON.parse(saved.stdout);
  expect({ path, format }).toEqual({ path: `job_${id}.tar`, format: 'tar' });
  expect((await readFile(join(desk.folder, path))).byteLength).toBe(sizeBytes);
  await run('tar', ['-xf', path], { cwd: desk.folder });
  expect(await readFile(join(desk.folder, `job_${id}`, 'post', 'force.dat'), 'utf8')).toBe('42\n');

  const again = await desk.quarry('jobs', 'archive', id, '--output', path);
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--force') });
  expect((await desk.quarry('jobs', 'archive', id, '--output', path, '--force')).exitCode).toBe(0);

  const listed = await run(
    'bash',
    ['-c', `"$QUARRY" jobs archive ${id} --run 1 --search force --format tar --output - | tar -t`],
    { cwd: desk.folder, env: { ...desk.environment, QUARRY: LAUNCHER } },
  );
  expect(listed.stdout).toBe(`job_${id}/post/force.dat\n`);
});

test('an archive of a job that has not ended says so, and a name that no archive here can have is refused', {
  timeout: 60_000,
}, async () => {
  await using desk = await openDesk(platform);
  const id = await saveJob(platform);
  const early = await desk.quarry('jobs', 'archive', id);
  expect(early).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(`Job ${id} has not ended`) });
  const packed = await desk.quarry('jobs', 'archive', id, '--output', 'results.tar.gz');
  expect(packed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('results.tar.gz is not') });
  expect((await readdir(desk.folder)).filter((name) => name.includes('results'))).toEqual([]);
});

test('what cannot be had leaves no file behind', { timeout: 60_000 }, async () => {
  await using desk = await openDesk(platform);
  const { id } = await uploadFile(platform, 'one.txt', 'one');
  const missing = await desk.quarry('files', 'archive', id, 'AbCdEf', '--output', 'files.zip');
  expect(missing).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no file "AbCdEf"') });
  await writeFile(join(desk.folder, 'here.zip'), '');
  expect((await desk.quarry('files', 'archive', id, '--output', 'here.zip')).exitCode).toBe(2);
  expect((await desk.quarry('files', 'archive', id)).exitCode).toBe(0);
  const found = (await readdir(desk.folder)).filter((name) => /zip|partial/.test(name));
  expect(found.sort()).toEqual(['files.zip', 'here.zip']);
});
