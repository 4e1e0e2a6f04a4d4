/** Jobs whose agent dies on a disk that has no space for what they had written. */
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mayMount, mountSmallDisk } from '../packages/sdk/test/small-disk.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { agentOf, clusterToStop } from './support/clusters.ts';
import { findings } from './support/doctor.ts';
import { eventually, jobWithStatus, outputText, submitCommand } from './support/jobs.ts';

const MIB = 1024 * 1024;

/** Writes something, and waits to be let go on. */
const write = (bytes: string) =>
  `[ -e large ] || head -c ${bytes} /dev/zero > large; touch ready; until [ -e ../go ]; do sleep 0.05; done; echo on`;

describe.skipIf(!mayMount)('on a disk without space for copies', () => {
  test('a run keeps its files in its directory, says so, and is resumed all the same', async () => {
    await using disk = await mountSmallDisk(200);
    await using platform = await startPlatform({ data: join(disk!.path, 'data'), cores: 2 });
    const id = await submitCommand(platform, write('70M'));
    await untilReady(platform, id);
    process.kill(await agentOf(platform), 'SIGKILL');
    const { failure } = await jobWithStatus(platform, id, 'Completed');
    expect(failure.hint).toMatch(/but for 1 entry of its directory.*quarry runs files.*quarry runs resume/);
    expect(await runOf(platform, id)).toMatchObject({
      outputFileCount: 2,
      keptDirectory: expect.any(Object),
    });
    expect(await filesIn(platform, id)).toContainEqual(
      expect.objectContaining({ path: 'large', sizeBytes: 70 * MIB }),
    );
    await goOn(platform, id);
    expect(await runOf(platform, id)).toMatchObject({ outputFileCount: 3, keptDirectory: null });
  });

  test('and without any space at all a run is resumed when there is some', async () => {
    await using disk = await mountSmallDisk(100);
    await using platform = await startPlatform({ data: join(disk!.path, 'data'), cores: 2 });
    const id = await submitCommand(platform, write('1M'));
    await untilReady(platform, id);
    const ballast = join(disk!.path, 'ballast');
    const { bavail, bsize } = await statfs(disk!.path);
    // Others write at the same time; what is wanted is that there is nothing left.
    const full = await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch((error) => error.code);
    expect([undefined, 'ENOSPC']).toContain(full);
    process.kill(await agentOf(platform), 'SIGKILL');
    const job = await jobWithStatus(platform, id, 'Completed');
    expect(job).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
    expect(job.failure.hint).toContain(`quarry runs resume ${id}`);
    expect(await runOf(platform, id)).toMatchObject({ keptDirectory: expect.any(Object) });
    await rm(ballast);
    await goOn(platform, id);
    expect(await outputText(platform, id, 'process_output.log')).toContain(': on\n');
    expect(await findings(platform.dataDir)).toEqual([]);
  });
});

const runOf = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body;
const filesIn = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/directory-contents/`)).body;

function untilReady(platform: Platform, id: string): Promise<unknown> {
  return eventually('the command to be ready', async () => {
    const files: Array<{ path: string }> = await filesIn(platform, id);
    return files.some(({ path }) => path === 'ready');
  });
}

/** Resumes a run in its directory, and waits for its success. */
async function goOn(platform: Platform, id: string): Promise<void> {
  await clusterToStop(platform, id);
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/cluster_statuses/`);
  const run = join(platform.dataDir, 'clusters', body.results[0].clusterId, 'runs/1');
  await writeFile(join(run, 'home/go'), '');
  const resumed = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true });
  expect(resumed.status).toBe(202);
  await eventually('success', async () => {
    const job = await platform.call('GET', `/api/v2/jobs/${id}/`);
    return job.body.outcome === 'success';
  });
}
