import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
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
