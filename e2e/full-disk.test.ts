import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { mayMount, mountSmallDisk } from '../packages/sdk/test/small-disk.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
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

  test('a log that fills the disk ends its job in words, with what was written, and no other job', async () => {
    await using disk = await mountSmallDisk(80);
    await using platform = await startPlatform({ data: join(disk!.path, 'data'), cores: 2 });
    await reserved(platform);
    const quiet = await submitCommand(platform, 'echo began; sleep 15; echo ended');
    await jobWithStatus(platform, quiet, 'Executing');
    const loud = await submitCommand(platform, 'trap "echo saved > state; exit 3" TERM; yes | cat & wait');
    const job = await jobWithStatus(platform, loud, 'Completed', 60);
    expect(job).toMatchObject({ outcome: 'failed', failure: { code: 'log_lost' } });
    expect(job.failure.message).toMatch(/log of the run could no longer be written .*ENOSPC.*was stopped/);
    const { body } = await platform.call('GET', `/api/v2/jobs/${loud}/files/?search=process_output.log`);
    expect(body.results[0].decryptedSize).toBeGreaterThan(10 * MIB);
    expect((await platform.call('DELETE', `/api/v2/jobs/${loud}/`)).status).toBe(204);
    const other = await jobWithStatus(platform, quiet, 'Completed');
    expect(other.outcome).toBe('success');
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test('a server starts on a disk without a free byte, removes what nobody needs, and says so', async () => {
    await using disk = await mountSmallDisk(96);
    await using platform = await startPlatform({ data: join(disk!.path, 'data') });
    await reserved(platform);
    const { id, file } = await uploadInPart(platform, 20 * MIB);
    await platform.stop();
    expire(platform, id);
    const left = join(platform.dataDir, 'clusters', 'AAAAAA');
    await mkdir(left);
    await writeFile(join(left, 'output'), Buffer.alloc(MIB));
    await writeFile(join(platform.dataDir, 'incoming', 'broken.part'), Buffer.alloc(MIB));
    await fillWholly(join(disk!.path, 'ballast'));
    await platform.restart();
    expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
    await eventually('all of it to be gone', async () => {
      const directories = ['incoming', 'staged', 'clusters'].map((name) =>
        readdir(join(platform.dataDir, name)),
      );
      return (await Promise.all(directories)).flat().length === 0;
    });
    expect(existsSync(file)).toBe(false);
    expect(platform.log()).toMatch(
      /"freeBytesBefore":0.*"freed":\["space set aside","broken uploads"\].*is full/,
    );
    // What was set aside for the ends of jobs is still there.
    expect(statSync(join(platform.dataDir, 'reserve')).size).toBe(16 * MIB);
    expect((await platform.call('POST', '/api/v2/jobs/', definition('echo'))).status).toBe(201);
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test('a server starts beside a program that takes every byte as it comes free', async () => {
    await using disk = await mountSmallDisk(60);
    await using platform = await startPlatform({ data: join(disk!.path, 'data') });
    await reserved(platform);
    await platform.stop();
    const ballast = join(disk!.path, 'ballast');
    await fillWholly(ballast);
    const hungry = spawn('bash', [
      '-c',
      `while :; do head -c 65536 /dev/zero >>"${ballast}"; done 2>/dev/null`,
    ]);
    try {
      await platform.restart();
      expect((await platform.call('GET', '/api/v2/jobs/')).status).toBe(200);
    } finally {
      hungry.kill('SIGKILL');
    }
  });

  test('an upload for which nothing comes goes from a full disk, although somebody asks all the time', async () => {
    await using disk = await mountSmallDisk(96);
    await using platform = await startPlatform({ data: join(disk!.path, 'data') });
    await reserved(platform);
    const { id, file } = await uploadInPart(platform, 20 * MIB);
    expire(platform, id);
    await fillWholly(join(disk!.path, 'ballast'));
    await eventually(
      'its bytes to be gone',
      async () => {
        expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
        return !existsSync(file);
      },
      150,
    );
  }, 180_000);

  test('an archive for which there is no room fails in words, and the next one is made once there is', async () => {
    await using disk = await mountSmallDisk(120);
    await using platform = await startPlatform({ data: join(disk!.path, 'data'), cores: 2 });
    await reserved(platform);
    const id = await submitCommand(platform, 'head -c 30000000 /dev/urandom > big.bin');
    await jobWithStatus(platform, id, 'Completed');
    const ballast = join(disk!.path, 'ballast');
    const { bavail, bsize } = await statfs(disk!.path);
    await writeFile(ballast, Buffer.alloc(bavail * bsize - 24 * MIB));
    const archived = async () => {
      const { body } = await platform.call('POST', `/api/v2/jobs/${id}/archive/task/`, {});
      return await eventually('the end of the task', async () => {
        const task = (await platform.call('GET', `/api/v2/tasks/${body.id}/`)).body;
        return task.ready && task;
      });
    };
    expect(await archived()).toMatchObject({ status: 'failed', result: [], error: { code: 'storage_full' } });
    expect(await readdir(join(platform.dataDir, 'incoming'))).toEqual([]);
    await rm(ballast);
    expect(await archived()).toMatchObject({ status: 'done', result: [{ fileCount: 2 }] });
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

async function reserved(platform: Platform): Promise<void> {
  await eventually('the reserves to be set aside', async () => {
    const names = await readdir(platform.dataDir);
    return names.includes('reserve') && names.includes('reserve-start');
  });
}

/** Begins an upload and sends half of it; answers its id and where its bytes lie. */
async function uploadInPart(platform: Platform, sizeBytes: number): Promise<{ id: string; file: string }> {
  const headers = { authorization: `Token ${platform.apiKey}`, 'tus-resumable': '1.0.0' };
  const uploads = `${platform.url}/api/v2/files/uploads/`;
  const created = await fetch(uploads, {
    method: 'POST',
    headers: {
      ...headers,
      'upload-length': String(sizeBytes),
      'upload-metadata': `filename ${btoa('half.bin')}`,
    },
  });
  const { id } = (await created.json()) as { id: string };
  const sent = await fetch(`${uploads}${id}/`, {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: randomBytes(sizeBytes / 2) as unknown as RequestInit['body'],
  });
  expect(sent.status).toBe(204);
  const file = join(platform.dataDir, 'staged', id);
  expect(existsSync(file)).toBe(true);
  return { id, file };
}

/** As if nothing had come for it in a long time. */
function expire(platform: Platform, uploadId: string): void {
  const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'), { timeout: 5000 });
  database
    .prepare(`UPDATE uploads SET expires_at = '2020-01-01T00:00:00.000000Z' WHERE id = ?`)
    .run(uploadId);
  database.close();
}

/** Until not a byte is free. */
async function fillWholly(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (const size of [MIB, 4096, 1]) {
      while (
        (await file.write(Buffer.alloc(size)).catch(() => ({ bytesWritten: 0 }))).bytesWritten === size
      ) {}
    }
  } finally {
    await file.close();
  }
}

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
