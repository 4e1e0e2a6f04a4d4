import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mayMount, mountSmallDisk } from '../packages/sdk/test/small-disk.ts';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { findings } from './support/doctor.ts';
import { eventually, jobWithStatus, submitCommand } from './support/jobs.ts';

const MIB = 1024 * 1024;

describe.skipIf(!mayMount)('on a disk that is full', () => {
  test('an upload is refused with 507 in words, the server lives, and nothing is broken', async () => {
    await using disk = await mountSmallDisk(80);
    await using platform = await startPlatform({ data: join(disk!.path, 'data') });
    const small = await upload(platform.url, platform.apiKey, 'small.bin', 1 * MIB);
    expect(small.status).toBe(201);
    const large = await upload(platform.url, platform.apiKey, 'large.bin', 100 * MIB);
    expect(large.status).toBe(507);
    expect(large.body).toMatchObject({ code: 'storage_full', detail: expect.stringContaining('space') });
    expect((await platform.call('GET', `/api/v2/files/${small.body.id}/`)).status).toBe(200);
    await eventually(
      'the broken upload to be gone',
      async () => (await readdir(join(platform.dataDir, 'incoming'))).length === 0,
    );
    expect((await upload(platform.url, platform.apiKey, 'again.bin', 1 * MIB)).status).toBe(201);
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test('a resumable upload stops with 507, keeps what came, and goes on once there is space', async () => {
    await using disk = await mountSmallDisk(120);
    await using platform = await startPlatform({ data: join(disk!.path, 'data') });
    await eventually('the reserve to be set aside', async () =>
      (await readdir(platform.dataDir)).includes('reserve'),
    );
    const bytes = randomBytes(50 * MIB);
    const call = (method: string, path: string, headers: Record<string, string>, body?: Buffer) =>
      fetch(`${platform.url}/api/v2/files/uploads/${path}`, {
        method,
        headers: { authorization: `Token ${platform.apiKey}`, 'tus-resumable': '1.0.0', ...headers },
        body: body as unknown as RequestInit['body'],
      });
    const begin = (sizeBytes: number) =>
      call('POST', '', {
        'upload-length': String(sizeBytes),
        'upload-metadata': `filename ${btoa('large.bin')}`,
      });
    const { id } = (await (await begin(bytes.length)).json()) as { id: string };
    // What is announced counts before it has come.
    expect((await begin(50 * MIB)).status).toBe(507);
    const ballast = join(disk!.path, 'ballast');
    const { bavail, bsize } = await statfs(disk!.path);
    await writeFile(ballast, Buffer.alloc(bavail * bsize - 36 * MIB));
    const patch = (offset: number) =>
      call(
        'PATCH',
        `${id}/`,
        { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
        bytes.subarray(offset),
      );
    const stopped = await patch(0);
    expect([stopped.status, await stopped.json()]).toMatchObject([507, { code: 'storage_full' }]);
    const offset = Number((await call('HEAD', `${id}/`, {})).headers.get('upload-offset'));
    expect(offset).toBeGreaterThan(0);
    await rm(ballast);
    const done = await patch(offset);
    expect(done.status).toBe(204);
    const file = await platform.call('GET', `/api/v2/files/${done.headers.get('quarry-file')}/`);
    expect(file.body.fileChecksums[0].fileHash).toBe(createHash('sha512').update(bytes).digest('hex'));
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test('requests that write are refused with 507, and work again once there is space', async () => {
    await using disk = await mountSmallDisk(40);
    await using platform = await startPlatform({ data: join(disk!.path, 'data') });
    const ballast = join(disk!.path, 'ballast');
    await eventually('the reserve to be set aside', async () =>
      (await readdir(platform.dataDir)).includes('reserve'),
    );
    await fill(ballast, disk!.path);
    const answers: number[] = [];
    for (let index = 0; index < 40; index++) {
      answers.push((await platform.call('POST', '/api/v2/jobs/', definition('x'.repeat(100_000)))).status);
    }
    expect(new Set(answers)).toContain(507);
    expect(answers.every((status) => status === 201 || status === 507)).toBe(true);
    expect((await platform.call('GET', '/api/v2/jobs/')).status).toBe(200);
    await rm(ballast);
    expect((await platform.call('POST', '/api/v2/jobs/', definition('echo'))).status).toBe(201);
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test('a job whose outputs find no room ends in words instead of hanging', async () => {
    await using disk = await mountSmallDisk(60);
    await using platform = await startPlatform({ data: join(disk!.path, 'data'), cores: 2 });
    const id = await submitCommand(platform, 'head -c 200000000 /dev/zero > big.bin');
    const job = await jobWithStatus(platform, id, 'Completed', 40);
    expect(job.outcome).toBe('failed');
    expect(job.failure.message.length).toBeGreaterThan(10);
    expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
  });
});

async function fill(path: string, disk: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(path, Buffer.alloc(Math.max(0, bavail * bsize - 64 * 1024)));
}

function definition(command: string) {
  const hardware = { coreType: 'quartz', coresPerSlot: 1 };
  return { name: 'large', jobanalyses: [{ analysis: { code: 'user_included' }, command, hardware }] };
}

async function upload(url: string, key: string, name: string, bytes: number) {
  const form = new FormData();
  form.append('file', new Blob([Buffer.alloc(bytes, 1)]), name);
  const response = await fetch(`${url}/api/v2/files/contents/`, {
    method: 'POST',
    headers: { authorization: `Token ${key}` },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}
