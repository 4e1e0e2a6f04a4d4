/** Sizes of storage devices that the file system holds, by quotas of projects, on ext4 and XFS. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMount, mount } from '@quarry/agent/testing/mount';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askQuota } from '../../src/devices/quota/quota-program.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, logOf, reach, runJob, submitJob, until } from '../platform-harness.ts';

const DEVICES = '/api/v2/storage-devices/';
const MIB = 1024 * 1024;
const PROJECTS = { first: 4_000_000, last: 4_000_001 };

/** How a file system with quotas of projects is made in a file. XFS begins with 300 MiB. */
const MAKERS = {
  ext4: { size: '256M', make: ['mkfs.ext4', '-q', '-O', 'quota,project', '-E', 'quotatype=prjquota'] },
  xfs: { size: '512M', make: ['mkfs.xfs', '-q'] },
};
type Kind = keyof typeof MAKERS;

function mountWithQuotas(kind: Kind, base: string): { path: string } & Disposable {
  const { size, make } = MAKERS[kind];
  const [image, path] = [join(base, 'disk.img'), join(base, 'disk')];
  execFileSync('truncate', ['-s', size, image]);
  execFileSync(make[0]!, [...make.slice(1), image], { stdio: 'ignore' });
  mkdirSync(path);
  const mounted = mount('-o', 'loop,prjquota', image, path);
  return { path, [Symbol.dispose]: () => mounted[Symbol.dispose]() };
}

const base = mkdtempSync(join(tmpdir(), 'quarry-quota-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Takes root, loop devices, the programs that make file systems, and a kernel with quotas (Linux 5.14). */
async function canHold(kind: Kind): Promise<boolean> {
  if (!canMount() || spawnSync(MAKERS[kind].make[0]!, ['-V']).error !== undefined) {
    return false;
  }
  const probe = mkdtempSync(join(base, 'probe-'));
  try {
    using disk = mountWithQuotas(kind, probe);
    return (await askQuota('probe', disk.path)).is === 'held';
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
const POSSIBLE = { ext4: await canHold('ext4'), xfs: await canHold('xfs') };

/** A kernel without such quotas cannot be helped: CI runs those that there can be, and elsewhere the others are skipped in words. */
const KINDS = (['ext4', 'xfs'] as const).filter((kind) => POSSIBLE[kind] || !process.env.CI);

test('where the file system has no quotas of projects, devices say that their sizes are measured', async () => {
  await using platform = await startPlatform();
  expect((await askQuota('probe', platform.dataDir)).is).not.toBe('held');
  const { body } = await platform.call('POST', DEVICES, { name: 'measured', storage_size_mb: 8 });
  await platform.call('POST', `${DEVICES}${body.id}/submit/`);
  const { body: device } = await platform.call('GET', `${DEVICES}${body.id}/`);
  expect(device.isHeld).toBe(false);
});

describe.each(KINDS)('on %s', (kind) => {
  let disk: ReturnType<typeof mountWithQuotas>;
  let platform: Platform;
  let home: string;
  const isPossible = POSSIBLE[kind];

  beforeEach(async () => {
    if (!isPossible) {
      return;
    }
    home = mkdtempSync(join(base, `${kind}-`));
    disk = mountWithQuotas(kind, home);
    platform = await startPlatform({
      cores: 4,
      data: join(disk.path, 'data'),
      config: `storage_quota_projects = "${PROJECTS.first}-${PROJECTS.last}"\n`,
    });
  });
  afterEach(async () => {
    if (isPossible) {
      await platform[Symbol.asyncDispose]();
      disk[Symbol.dispose]();
    }
  });

  async function startDevice(change: object): Promise<string> {
    const { body } = await platform.call('POST', DEVICES, { name: 'small', ...change });
    expect((await platform.call('POST', `${DEVICES}${body.id}/submit/`)).status).toBe(200);
    return body.id;
  }
  const show = async (id: string) => (await platform.call('GET', `${DEVICES}${id}/`)).body;
  const withDevice = (id: string) => ({ storageDevices: [{ id }] });
  const fill = (id: string, mebibytes: number, name = 'big') =>
    `dd if=/dev/zero of=$HOME/storage_${id}/${name} bs=1M count=${mebibytes} status=none`;
  const contentOf = (id: string) => join(platform.dataDir, 'devices', id, 'content');

  test.skipIf(!isPossible)(
    'the write of a job that goes over the size fails, and the run says which device is full',
    async () => {
      const [small, other] = [
        await startDevice({ storage_size_mb: 8 }),
        await startDevice({ storage_size_mb: 80 }),
      ];
      expect(await show(small)).toMatchObject({ isHeld: true });
      const job = await runJob(
        platform,
        definition(`${fill(other, 20)} && ${fill(small, 20)} && echo never`, {
          storageDevices: [{ id: small }, { id: other }],
        }),
      );
      expect((await logOf(platform, job.id)).join('')).toMatch(/Disk quota exceeded|No space left on device/);
      expect(job).toMatchObject({
        outcome: 'failed',
        failure: { message: expect.stringContaining(`storage device ${small} is full`) },
      });
      expect(job.failure.message).not.toContain(other);
      await until(async () => ((await show(small)).usedBytes ?? 0) > 7 * MIB, 'the count');
      expect((await show(small)).usedBytes).toBeLessThanOrEqual(8 * MIB);
      // Larger: what did not fit fits.
      expect((await platform.call('PATCH', `${DEVICES}${small}/`, { storage_size_mb: 40 })).status).toBe(200);
      expect((await runJob(platform, definition(fill(small, 20), withDevice(small)))).outcome).toBe(
        'success',
      );
      const { blocks, bsize } = statfsSync(contentOf(small));
      expect(blocks * bsize).toBe(40 * MIB);
      // The range of projects has two numbers: further devices are measured, and hold as before.
      expect(await show(await startDevice({ storage_size_mb: 8 }))).toMatchObject({ isHeld: false });
    },
  );

  test.skipIf(!isPossible)(
    'it is held over a crash, counts what is put there, frees its project when it is deleted, and is out of reach of jobs',
    async () => {
      const id = await startDevice({ storage_size_mb: 8 });
      await platform.kill();
      await platform.restart();
      const put = (bytes: number) =>
        fetch(new URL(`${DEVICES}${id}/contents/put`, platform.url), {
          method: 'PUT',
          headers: { authorization: `Token ${platform.apiKey}` },
          body: new Uint8Array(bytes),
        });
      expect((await put(9 * MIB)).status).toBe(400);
      expect((await put(5 * MIB)).status).toBeLessThan(300);
      await until(async () => ((await show(id)).usedBytes ?? 0) >= 5 * MIB, 'the count');
      // A file that leaves its project would not be counted.
      const leaving = `chattr -p 0 $HOME/storage_${id}/mine; chattr -P $HOME/storage_${id}/.; chattr -p 77 $HOME/storage_${id}/.`;
      const job = await runJob(
        platform,
        definition(`touch $HOME/storage_${id}/mine; ${leaving}; ${fill(id, 6)}`, withDevice(id)),
      );
      expect(job.outcome).toBe('failed');
      const counted = await askQuota('look', PROJECTS.first, 8 * 1024, contentOf(id));
      expect(counted).toMatchObject({ is: 'counted' });
      expect((counted as { bytes: number }).bytes).toBeGreaterThan(7 * MIB);

      expect((await platform.call('DELETE', `${DEVICES}${id}/`)).status).toBe(204);
      await until(async () => {
        const [first, second] = [
          await startDevice({ storage_size_mb: 1 }),
          await startDevice({ storage_size_mb: 1 }),
        ];
        const held = [await show(first), await show(second)].filter(({ isHeld }) => isHeld).length === 2;
        await platform.call('DELETE', `${DEVICES}${first}/`);
        await platform.call('DELETE', `${DEVICES}${second}/`);
        return held;
      }, 'the projects of deleted devices');
    },
  );

  test.skipIf(!isPossible)('one that grows by itself is counted and grows under its job', async () => {
    const id = await startDevice({ storage_size_mb: 4, autoextend: true, autoextendPercent: 50 });
    const job = await submitJob(
      platform,
      definition(`${fill(id, 7)}; until [ -e ~/storage_${id}/go ]; do sleep 0.1; done`, withDevice(id)),
    );
    await until(async () => (await show(id)).sizeBytes > 4 * MIB, 'the growth');
    expect(await show(id)).toMatchObject({ isHeld: true, storageSize: 9 / 1024 });
    await platform.call('PATCH', `${DEVICES}${id}/`, { autoextend: false });
    expect(statfsSync(contentOf(id)).blocks * statfsSync(contentOf(id)).bsize).toBe(9 * MIB);
    await platform.call('POST', `/api/v2/jobs/${job}/stop/`);
    await reach(platform, job, 'Completed');
  });
});
