/** Transfers that this machine is in the way of: each kind of trouble has words and an exit code of its own. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProxy } from '../bench/proxy/proxy.ts';
import { mayMount, mountSmallDisk } from '../packages/sdk/test/small-disk.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { type Desk, openDesk, until } from './cli-harness.ts';

const MiB = 1024 ** 2;

let platform: Platform;
let id: string;
beforeAll(async () => {
  platform = await startPlatform({ sandbox: 'off' });
  await using desk = await openDesk(platform);
  await writeFile(join(desk.folder, 'result.bin'), randomBytes(8 * MiB));
  const { stdout } = await desk.quarry('files', 'upload', 'result.bin', '--json', '--quiet');
  id = JSON.parse(stdout).items[0].id;
});
afterAll(() => platform[Symbol.asyncDispose]());

const download = (desk: Desk, folder: string, ...more: string[]) =>
  desk.quarry('files', 'download', id, '--output', folder, ...more);

describe('a download', { timeout: 30_000 }, () => {
  test('to a folder of its name ends with 14, also when it may replace files', async () => {
    await using desk = await openDesk(platform);
    await mkdir(join(desk.folder, 'out', 'result.bin'), { recursive: true });
    const { exitCode, stderr } = await download(desk, 'out', '--force');
    expect(stderr).toMatch(/result\.bin is a directory\.\n.+/);
    expect(exitCode).toBe(14);
  });

  test('to a name that no file system takes ends with 13', async () => {
    await using desk = await openDesk(platform);
    const { exitCode, stderr } = await download(desk, 'x'.repeat(300));
    expect(stderr).toMatch(/too long|longer than/);
    expect(exitCode).toBe(13);
  });

  test('through a link that leads out of the folder of a job ends with 2 and writes nothing', async () => {
    await using desk = await openDesk(platform);
    const submitted = await desk.quarry(
      'jobs',
      'submit',
      '--command',
      'mkdir d; echo x > d/x',
      '--wait',
      '--json',
    );
    const job = JSON.parse(submitted.stdout).id;
    await mkdir(join(desk.folder, 'elsewhere'));
    await mkdir(join(desk.folder, 'out'));
    await symlink('../elsewhere', join(desk.folder, 'out', 'd'));
    for (const command of [
      ['files', 'download', '--job', job, '--output', 'out'],
      ['jobs', 'sync', job, 'out'],
    ]) {
      const { exitCode, stderr } = await desk.quarry(...command);
      expect(stderr).toContain('is a link that leads to');
      expect(exitCode).toBe(2);
    }
    expect(await readdir(join(desk.folder, 'elsewhere'))).toEqual([]);
  });

  test('that another one has the target of ends with 15, and the first one is not disturbed', async () => {
    await using desk = await openDesk(platform);
    await using slow = await startProxy({ target: platform.url, rate: MiB });
    desk.environment.RESCALE_API_BASE_URL = slow.url;
    const first = desk.start('files', 'download', id, '--output', 'out');
    await until(() => slow.stats.bytesDown > MiB, 'the first one is under way');
    const second = await download(desk, 'out');
    expect(second.stderr).toMatch(/Another transfer .*result\.bin/);
    expect(second.exitCode).toBe(15);
    expect((await first.ended).exitCode).toBe(0);
    expect(await readdir(join(desk.folder, 'out'))).toEqual(['result.bin']);
  });

  test('to a folder that may not be written ends with 11', async () => {
    await using desk = await openDesk(platform, { obeysPermissions: true });
    await mkdir(join(desk.folder, 'out'), { mode: 0o500 });
    const { exitCode, stderr } = await download(desk, 'out');
    expect(stderr).toMatch(/may not write|permission/i);
    expect(exitCode).toBe(11);
    await chmod(join(desk.folder, 'out'), 0o700);
  });
});

describe.skipIf(!mayMount)('on a disk of its own, a download', { timeout: 30_000 }, () => {
  test('that does not fit ends with 10 and how much is missing, and is done once there is space', async () => {
    await using disk = await mountSmallDisk(12);
    await using desk = await openDesk(platform);
    await writeFile(join(disk!.path, 'ballast'), Buffer.alloc(6 * MiB));
    const { exitCode, stderr } = await download(desk, disk!.path);
    expect(stderr).toMatch(/needs \d+ bytes in .*, where \d+ bytes are free\.\nFree some space/);
    expect(exitCode).toBe(10);
    await rm(join(disk!.path, 'ballast'));
    expect((await download(desk, disk!.path)).exitCode).toBe(0);
    expect(await readdir(disk!.path)).toEqual(['result.bin']);
  });

  test('that is read-only ends with 12', async () => {
    await using disk = await mountSmallDisk(12);
    await using desk = await openDesk(platform);
    await disk!.makeReadOnly();
    const { exitCode, stderr } = await download(desk, disk!.path);
    expect(stderr).toContain('read-only');
    expect(exitCode).toBe(12);
  });
});

describe('an upload', () => {
  test('of what is not there ends with 2, of a folder with what to do', async () => {
    await using desk = await openDesk(platform);
    const missing = await desk.quarry('files', 'upload', 'nothing.inp');
    expect(missing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('There is no file nothing.inp.'),
    });
  });

  test('of a file that may not be read ends with 11', async () => {
    await using desk = await openDesk(platform, { obeysPermissions: true });
    await writeFile(join(desk.folder, 'secret.inp'), 'x', { mode: 0o000 });
    expect((await desk.quarry('files', 'upload', 'secret.inp')).exitCode).toBe(11);
  });
});
