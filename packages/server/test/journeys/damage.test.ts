/** What a broken disk, a power cut or a hand that slipped has damaged is told, with whose it is, and nothing more is lost. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, cp, mkdtempDisposable, open, rm, stat, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, runJob, saveJob, until, uploadFile } from '../platform-harness.ts';

const MIB = 1024 * 1024;
const PAGE_BYTES = 4096;
const DOCTOR = fileURLToPath(new URL('../../src/doctor.ts', import.meta.url));

interface Check {
  name: string;
  status: string;
  message: string;
  hint: string | null;
  items?: string[];
}

function examine(data: string, ...more: string[]): Promise<Check[]> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [DOCTOR, '--data', data, ...more], (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout).checks);
      } catch {
        reject(new Error(`The doctor failed: ${stderr}`));
      }
    });
  });
}

const named = (checks: Check[], name: string) => checks.find((check) => check.name === name)!;
const blobOf = (platform: Platform, sha512: string) =>
  ['', '.job']
    .map((ending) => join(platform.dataDir, 'blobs', sha512.slice(0, 2), `${sha512}${ending}`))
    .find((path) => existsSync(path))!;

async function overwrite(path: string, bytes: Buffer, position: number): Promise<void> {
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

const lines = (platform: Platform) =>
  platform
    .log()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('bytes of files', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform();
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const contents = (id: string, path = 'contents/') =>
    fetch(`${platform.url}/api/v2/files/${id}/${path}`, {
      headers: { authorization: `Token ${platform.apiKey}` },
    });
  const told = (id: string) => lines(platform).filter(({ file }) => file === id);

  test('that have become fewer are refused, and the log names file, owner and job', async () => {
    const job = await runJob(platform, definition('seq 1000 > numbers'));
    const { body } = await platform.call('GET', `/api/v2/jobs/${job.id}/files/?search=numbers`);
    const [file] = body.results;
    const blob = blobOf(platform, file.fileChecksums[0].fileHash);
    await chmod(blob, 0o600);
    await truncate(blob, 100);
    for (const path of ['contents/', 'lines/', 'part-digests/']) {
      const answer = await contents(file.id, path);
      expect([answer.status, await answer.json()]).toMatchObject([
        500,
        { code: 'bytes_damaged', detail: expect.stringContaining('are 100 where 3893 were stored') },
      ]);
    }
    const owner = (await platform.call('GET', '/api/v2/users/me/')).body.email;
    expect(told(file.id)[0]).toMatchObject({ level: 50, name: 'numbers', owner, job: job.id });
    await rm(blob);
    expect((await contents(file.id)).status).toBe(500);
    expect(told(file.id).at(-1)).toMatchObject({ err: { type: 'BlobMissingError' } });
    const files = named(await examine(platform.dataDir), 'files');
    expect(files.message).toContain(`numbers (${file.id}) of ${owner}, output of job ${job.id} "a job"`);
    // The damage ends with this file.
    await platform.call('DELETE', `/api/v2/files/${file.id}/`);
  });

  test('that become fewer while they are sent end the connection, not the answer', async () => {
    const file = await uploadFile(platform, 'large.bin', Buffer.alloc(64 * MIB, 1));
    const blob = blobOf(platform, file.fileChecksums[0].fileHash);
    const { hostname, port } = new URL(platform.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /api/v2/files/${file.id}/contents/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${platform.apiKey}\r\n\r\n`,
    );
    await once(socket, 'readable');
    await chmod(blob, 0o600);
    await truncate(blob, 20 * MIB);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.on('error', () => {});
    await once(socket, 'close');
    expect(received).toBeLessThan(64 * MIB);
    await until(async () => told(file.id).length > 0, 'the log');
    expect(told(file.id)[0]).toMatchObject({ level: 50, name: 'large.bin' });
    await platform.call('DELETE', `/api/v2/files/${file.id}/`);
  });

  test('that are others are found by the doctor that reads all, with the files that have them', async () => {
    const bytes = randomBytes(5000);
    const file = await uploadFile(platform, 'mesh.stl', bytes);
    const twin = await uploadFile(platform, 'copy.stl', bytes);
    await overwrite(blobOf(platform, file.fileChecksums[0].fileHash), Buffer.from('rot'), 2000);
    expect((await examine(platform.dataDir)).filter(({ status }) => status === 'error')).toEqual([]);
    const { status, message, hint, items } = named(await examine(platform.dataDir, '--read-data'), 'bytes');
    const owner = (await platform.call('GET', '/api/v2/users/me/')).body.email;
    expect(status).toBe('error');
    for (const { name, id } of [file, twin]) {
      expect(message).toContain(`${name} (${id}) of ${owner}`);
    }
    expect(items).toEqual([expect.stringContaining('5000 bytes of another SHA-512')]);
    expect(hint).toMatch(/from a backup.*so may somebody.*server's user.*sandbox/);
    for (const { id } of [file, twin]) {
      await platform.call('DELETE', `/api/v2/files/${id}/`);
    }
  });

  test('that are others are not read as the cases of a sweep', async () => {
    const file = await uploadFile(platform, 'cases.csv', 'x\n1\n2\n3\n');
    const sweep = definition('true', { paramFile: { id: file.id } });
    await saveJob(platform, sweep);
    await overwrite(blobOf(platform, file.fileChecksums[0].fileHash), Buffer.from('9'), 2);
    const answer = await platform.call('POST', '/api/v2/jobs/', sweep);
    expect([answer.status, answer.body]).toMatchObject([500, { code: 'bytes_damaged' }]);
    expect(told(file.id)).toHaveLength(1);
    await platform.call('DELETE', `/api/v2/files/${file.id}/`);
  });
});

describe('a database', () => {
  let base: { path: string } & AsyncDisposable;
  let sound: string;
  let file: { id: string; fileChecksums: [{ fileHash: string }] };
  const JOBS = 150;
  beforeAll(async () => {
    base = await mkdtempDisposable(join(tmpdir(), 'quarry-damage-'));
    sound = join(base.path, 'sound');
    await using platform = await startPlatform({ data: sound });
    file = await uploadFile(platform, 'kept.bin', 'bytes that must stay');
    for (let index = 0; index < JOBS; index += 1) {
      await saveJob(platform, definition('x'.repeat(2000)));
    }
    await platform.stop();
    // Whatever looked at the database meanwhile: all of it is in one file after a clean stop.
    expect(existsSync(join(sound, 'quarry.db-wal'))).toBe(false);
  });
  afterAll(() => base[Symbol.asyncDispose]());

  /** A copy of the platform with a damage. */
  async function damaged(name: string, damage: (database: string) => Promise<void>): Promise<string> {
    const data = join(base.path, name);
    await cp(sound, data, { recursive: true });
    await damage(join(data, 'quarry.db'));
    return data;
  }
  const blobIn = (data: string) => {
    const { fileHash } = file.fileChecksums[0];
    return join(data, 'blobs', fileHash.slice(0, 2), fileHash);
  };
  const halve = async (path: string) =>
    truncate(path, Math.floor((await stat(path)).size / 2 / PAGE_BYTES) * PAGE_BYTES);
  const zeroPage = async (path: string, fromEnd: number) =>
    overwrite(path, Buffer.alloc(PAGE_BYTES), (await stat(path)).size - fromEnd * PAGE_BYTES);

  test.each<[string, (path: string) => Promise<void>, RegExp]>([
    ['that is none', (path) => overwrite(path, Buffer.alloc(100, 7), 0), /file is not a database/],
    ['that was cut', halve, /malformed/],
    ['that is empty', (path) => truncate(path, 0), /it is empty, while the bytes of files are there/],
    ['that is gone', (path) => rm(path), /it is missing, while the bytes of files are there/],
  ])('%s is refused by a start in words, and bytes of files stay', async (name, damage, words) => {
    const data = await damaged(name.replaceAll(' ', '-'), damage);
    const started = startPlatform({ data });
    await expect(started).rejects.toThrow(words);
    await expect(started).rejects.toThrow(
      /is damaged: .*Nothing was changed.*restore the data directory from a backup.*\.recover/,
    );
    const check = named(await examine(data), 'database');
    expect([check.status, check.message]).toEqual(['error', expect.stringMatching(/damaged|lost/)]);
    expect(check.hint).toContain('.recover');
    expect(existsSync(blobIn(data))).toBe(true);
  });

  test('with a page of zeros is found by a look in the background, and then no bytes are removed as unwanted', async () => {
    const data = await damaged('zeros', (path) => zeroPage(path, 30));
    // Of no file, as it may seem to a database that has lost some.
    const stray = join(data, 'blobs', 'ab', `ab${'0'.repeat(126)}`);
    await cp(blobIn(data), stray, { recursive: true });
    await using platform = await startPlatform({ data });
    const tells = () => lines(platform).find(({ msg }) => String(msg).startsWith('the database is damaged'));
    await until(async () => tells() !== undefined, 'the log');
    expect(tells()).toMatchObject({ level: 50, problems: expect.arrayContaining([expect.any(String)]) });
    expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
    const checks = await examine(data);
    expect(named(checks, 'database').message).toMatch(/Whole are .*users \(1 rows\).*Damaged are /);
    expect(named(checks, 'store').message).toMatch(/^2 contents/);
    await platform.stop();
    for (const path of [stray, blobIn(data)]) {
      expect(existsSync(path)).toBe(true);
    }
  });

  test('that is sound is said to be so, by the server for the doctor too, and then strays go', async () => {
    const data = await damaged('well', async () => {});
    const stray = join(data, 'blobs', 'ab', `ab${'0'.repeat(126)}`);
    await cp(blobIn(data), stray, { recursive: true });
    await using _ = await startPlatform({ data });
    await until(async () => !existsSync(stray), 'the stray to go');
    expect(existsSync(blobIn(data))).toBe(true);
    expect(readdirSync(data)).toContain('database-check.json');
    expect(named(await examine(data), 'database')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/^sound; so did the server find it at 20/),
    });
  });
});
