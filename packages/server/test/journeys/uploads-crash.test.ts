import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { until } from '../platform-harness.ts';
import { metadata } from '../uploads-harness.ts';

const MIB = 1024 * 1024;
const BYTES = 'application/offset+octet-stream';
const sha512Of = (bytes: Buffer) => createHash('sha512').update(bytes).digest('hex');
const headersOf = (platform: Platform, more: Record<string, string> = {}) => ({
  authorization: `Token ${platform.apiKey}`,
  'tus-resumable': '1.0.0',
  ...more,
});

async function begin(platform: Platform, sizeBytes: number, values: Record<string, string | number> = {}) {
  const response = await fetch(`${platform.url}/api/v2/files/uploads/`, {
    method: 'POST',
    headers: headersOf(platform, {
      'upload-length': String(sizeBytes),
      'upload-metadata': metadata({ filename: 'large.bin', ...values }),
    }),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as { id: string; parts: { id: string; start: number; sizeBytes: number }[] };
}

/** Sends some bytes of a body and holds the connection open. */
function sendSome(platform: Platform, id: string, offset: number, length: number, bytes: Buffer) {
  const sending = request(`${platform.url}/api/v2/files/uploads/${id}/`, {
    method: 'PATCH',
    headers: headersOf(platform, {
      'content-type': BYTES,
      'content-length': String(length),
      'upload-offset': String(offset),
    }),
  });
  sending.on('error', () => undefined);
  sending.write(bytes);
  return sending;
}

const patch = async (platform: Platform, id: string, offset: number, bytes: Buffer) =>
  await fetch(`${platform.url}/api/v2/files/uploads/${id}/`, {
    method: 'PATCH',
    headers: headersOf(platform, { 'content-type': BYTES, 'upload-offset': String(offset) }),
    body: bytes as unknown as RequestInit['body'],
  });
const look = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/files/uploads/${id}/`)).body;

test('a server killed while bytes arrive keeps what it said to be safe, and goes on from there', async () => {
  await using platform = await startPlatform();
  const bytes = randomBytes(48 * MIB);
  const upload = await begin(platform, bytes.length, { partBytes: 24 * MIB });
  const [first, second] = upload.parts;
  expect((await patch(platform, second!.id, 0, bytes.subarray(24 * MIB, 30 * MIB))).status).toBe(204);
  sendSome(platform, first!.id, 0, 24 * MIB, bytes.subarray(0, 20 * MIB));
  await until(async () => (await look(platform, upload.id)).parts[0].receivedBytes > 0, 'the first progress');
  const before = await look(platform, upload.id);
  await platform.kill();
  await platform.restart();
  const after = await look(platform, upload.id);
  expect(after).toMatchObject({ isActive: false, file: null });
  expect(after.parts[0].receivedBytes).toBeGreaterThanOrEqual(before.parts[0].receivedBytes);
  expect(after.parts[1].receivedBytes).toBe(6 * MIB);
  for (const { id, start, sizeBytes, receivedBytes } of after.parts) {
    const rest = bytes.subarray(start + receivedBytes, start + sizeBytes);
    expect((await patch(platform, id, receivedBytes, rest)).status).toBe(204);
  }
  const done = await platform.call('POST', `/api/v2/files/uploads/${upload.id}/finish/`, {
    sha512: sha512Of(bytes),
  });
  expect(done.status).toBe(201);
  expect(await readdir(join(platform.dataDir, 'staged'))).toEqual([]);
});

test('a server killed after the last byte and before the file makes the file when it starts', async () => {
  await using platform = await startPlatform();
  const bytes = randomBytes(MIB);
  const upload = await begin(platform, bytes.length);
  const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'), { timeout: 5000 });
  database.exec(`CREATE TRIGGER refused BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'refused'); END`);
  expect((await patch(platform, upload.id, 0, bytes)).status).toBe(500);
  await platform.kill();
  database.exec('DROP TRIGGER refused');
  database.close();
  await platform.restart();
  await until(async () => (await look(platform, upload.id)).file !== null, 'the file');
  const { file } = await look(platform, upload.id);
  expect(file.fileChecksums[0].fileHash).toBe(sha512Of(bytes));
});

test('a server that is stopped keeps what has arrived', async () => {
  await using platform = await startPlatform();
  const bytes = randomBytes(20 * MIB);
  const upload = await begin(platform, bytes.length);
  sendSome(platform, upload.id, 0, bytes.length, bytes.subarray(0, 19 * MIB));
  await until(async () => (await look(platform, upload.id)).receivedBytes > 0, 'the first progress');
  await platform.stop();
  await platform.restart();
  const { receivedBytes } = await look(platform, upload.id);
  expect(receivedBytes).toBe(19 * MIB);
  expect((await patch(platform, upload.id, receivedBytes, bytes.subarray(receivedBytes))).status).toBe(204);
  expect((await look(platform, upload.id)).file.fileChecksums[0].fileHash).toBe(sha512Of(bytes));
});
