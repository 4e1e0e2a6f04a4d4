import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { findings } from './support/doctor.ts';
import { eventually } from './support/jobs.ts';

test('the doctor beside a running server leaves an upload under way alone', async () => {
  await using platform = await startPlatform();
  const boundary = 'quarryquarryquarry';
  const bytes = randomBytes(4 * 1024 * 1024);
  const upload = request(new URL('/api/v2/files/contents/', platform.url), {
    method: 'POST',
    headers: {
      authorization: `Token ${platform.apiKey}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    upload.on('error', reject);
    upload.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  upload.write(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="half.bin"\r\n\r\n`);
  upload.write(bytes.subarray(0, bytes.length / 2));
  const incoming = join(platform.dataDir, 'incoming');
  await eventually('the upload to begin', async () => (await readdir(incoming)).length === 1);
  expect(await findings(platform.dataDir)).toEqual([]);
  expect(await readdir(incoming)).toHaveLength(1);
  upload.write(bytes.subarray(bytes.length / 2));
  upload.end(`\r\n--${boundary}--\r\n`);
  expect(await answered).toBe(201);
});

test('the doctor knows what is staged for an upload that can be resumed, and what is staged for none', async () => {
  await using platform = await startPlatform();
  const response = await fetch(new URL('/api/v2/files/uploads/', platform.url), {
    method: 'POST',
    headers: {
      authorization: `Token ${platform.apiKey}`,
      'tus-resumable': '1.0.0',
      'upload-length': '1000',
      'upload-metadata': `filename ${btoa('half.bin')}`,
    },
  });
  const { id } = (await response.json()) as { id: string };
  expect(await findings(platform.dataDir)).toEqual([]);
  await writeFile(join(platform.dataDir, 'staged', 'stray'), 'bytes');
  await platform.kill();
  await rm(join(platform.dataDir, 'staged', id));
  expect(await findings(platform.dataDir)).toMatchObject([
    { name: 'uploads', status: 'warning', message: expect.stringContaining(`half.bin (${id})`) },
    { name: 'uploads', status: 'warning', message: expect.stringContaining('stray') },
  ]);
  await platform.restart();
  await eventually(
    'the stray to be swept',
    async () => (await readdir(join(platform.dataDir, 'staged'))).length === 0,
  );
});
