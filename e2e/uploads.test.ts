/** Uploads of the SDK to a real platform, through connections that break, clients and servers that die. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FileObject, Quarry, type TransferEvent } from '@quarry/sdk';
import { uploadPath, uploadPaths } from '@quarry/sdk/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomOffsets } from '../bench/proxy/cuts.ts';
import { startProxy } from '../bench/proxy/proxy.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB + 4321;
const CLIENT = fileURLToPath(new URL('support/upload-client.ts', import.meta.url));

let directory: string;
let platform: Platform;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-uploads-'));
  platform = await startPlatform({});
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const clientOf = (url = platform.url) => new Quarry({ baseUrl: url, apiKey: platform.apiKey });
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

/** A file of new content, so that the platform cannot know it. */
async function newFile(name: string, bytes = SIZE): Promise<{ path: string; sha512: string }> {
  const path = join(directory, name);
  const content = randomBytes(bytes);
  await writeFile(path, content);
  return { path, sha512: sha512(content) };
}

function digestOf(file: FileObject): string {
  return file.fileChecksums[0]!.fileHash;
}

async function unfinished(): Promise<number> {
  return (await platform.call('GET', '/api/v2/files/uploads/')).body.count;
}

test('a large file arrives in parts, with its digest, mode and time, and is known from then on', async () => {
  const { path, sha512 } = await newFile('tool.bin');
  await chmod(path, 0o755);
  await utimes(path, 1, 1_500_000_000);
  const events: TransferEvent[] = [];
  const file = await uploadPath(clientOf(), path, { typeId: 4, onEvent: (event) => events.push(event) });
  expect(file).toMatchObject({ name: 'tool.bin', typeId: 4, decryptedSize: SIZE, executable: true });
  expect(Date.parse(file.dateModified!)).toBe(1_500_000_000_000);
  expect(digestOf(file)).toBe(sha512);
  expect(events.at(-1)).toMatchObject({ type: 'done', sha512 });
  expect(await unfinished()).toBe(0);

  await using proxy = await startProxy({ target: platform.url });
  const again = await uploadPath(clientOf(proxy.url), path, { name: 'again.bin' });
  expect(again.id).not.toBe(file.id);
  expect(digestOf(again)).toBe(sha512);
  expect(proxy.stats.bytesUp).toBeLessThan(10_000);
});

/** Lets a client of its own upload until so many bytes have passed the proxy, and kills it. */
async function killAfter(bytes: number, path: string, url: string, seen: () => number): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [CLIENT, url, platform.apiKey, path], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await expect.poll(seen, { timeout: 20_000, interval: 20 }).toBeGreaterThan(bytes);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a client that was killed goes on where it was, and sends little twice', async () => {
  const { path, sha512 } = await newFile('killed.bin');
  await using proxy = await startProxy({ target: platform.url, rate: 30 * MIB });
  for (const share of [0.3, 0.6]) {
    await killAfter(share * SIZE, path, proxy.url, () => proxy.stats.bytesUp);
  }
  const events: TransferEvent[] = [];
  const file = await uploadPath(clientOf(proxy.url), path, { onEvent: (event) => events.push(event) });
  expect(digestOf(file)).toBe(sha512);
  const start = events.find((event) => event.type === 'start');
  expect(start?.resumedBytes).toBeGreaterThan(0.4 * SIZE);
  // What a killed client had on the way is lost, and no more.
  expect(proxy.stats.bytesUp).toBeLessThan(1.25 * SIZE);
  expect(await unfinished()).toBe(0);
});

test('a platform that is killed and started again gets the rest', async () => {
  const { path, sha512 } = await newFile('restarted.bin');
  await using proxy = await startProxy({ target: platform.url, rate: 30 * MIB });
  const events: TransferEvent[] = [];
  const uploading = uploadPath(clientOf(proxy.url), path, { onEvent: (event) => events.push(event) });
  await expect.poll(() => proxy.stats.bytesUp, { timeout: 20_000, interval: 20 }).toBeGreaterThan(SIZE / 2);
  await platform.kill();
  await platform.restart();
  expect(digestOf(await uploading)).toBe(sha512);
  expect(events.some(({ type }) => type === 'retry')).toBe(true);
  expect(events.filter(({ type }) => type === 'start')).toHaveLength(1);
  expect(proxy.stats.bytesUp).toBeLessThan(1.25 * SIZE);
});

test('twenty cuts at random cost what was on the way, and the digest is right', async () => {
  const { path, sha512 } = await newFile('cut.bin');
  const atTotalBytes = randomOffsets(20, SIZE, 7);
  await using proxy = await startProxy({ target: platform.url, cuts: { atTotalBytes } });
  const file = await uploadPath(clientOf(proxy.url), path);
  expect(digestOf(file)).toBe(sha512);
  expect(proxy.stats.cuts).toHaveLength(20);
  const lost = proxy.stats.cuts.reduce((sum, { exchangeUp }) => sum + exchangeUp, 0);
  expect(proxy.stats.bytesUp).toBeLessThan(SIZE * 1.05 + lost);
});

test('a byte that was changed on the way is found, and only its part is sent again', async () => {
  const { path, sha512 } = await newFile('damaged.bin');
  const corruptions = [{ direction: 'up', offset: 30 * MIB }] as const;
  await using proxy = await startProxy({ target: platform.url, corruptions });
  const events: TransferEvent[] = [];
  const file = await uploadPath(clientOf(proxy.url), path, { onEvent: (event) => events.push(event) });
  expect(digestOf(file)).toBe(sha512);
  expect(proxy.stats.corrupted).toBe(1);
  const repair = events.find((event) => event.type === 'repair');
  expect(repair?.ranges).toHaveLength(1);
  expect(proxy.stats.bytesUp).toBeLessThan(SIZE + 5 * MIB);
});

test('two clients that send the same file at once do not disturb each other', async () => {
  const { path, sha512 } = await newFile('twice.bin');
  const files = await Promise.all([1, 2].map(() => uploadPath(clientOf(), path, { skipKnown: false })));
  expect(files.map(digestOf)).toEqual([sha512, sha512]);
  expect(new Set(files.map(({ id }) => id)).size).toBe(2);
});

test('a directory of many small files arrives whole, in few requests', async () => {
  const root = join(directory, 'many');
  await mkdir(join(root, 'sub'), { recursive: true });
  const digests: string[] = [];
  for (let index = 0; index < 2500; index++) {
    const content = `${index} ${randomBytes(20).toString('hex')}`;
    digests.push(sha512(Buffer.from(content)));
    await writeFile(join(root, index % 2 === 0 ? 'sub' : '.', `f${index}`), content);
  }
  await using proxy = await startProxy({ target: platform.url });
  const uploaded = await uploadPaths(clientOf(proxy.url), [root]);
  expect(uploaded.map(({ file }) => digestOf(file)).toSorted()).toEqual(digests.toSorted());
  for (const { relativePath, file } of uploaded) {
    expect(file.name).toBe(relativePath.split('/').at(-1));
  }
  const before = proxy.stats.bytesUp;
  const again = await uploadPaths(clientOf(proxy.url), [root]);
  expect(again).toHaveLength(2500);
  // Only questions: name, size, digest and times of each.
  expect(proxy.stats.bytesUp - before).toBeLessThan(2500 * 350);
});

test('an archive made on the fly holds the directory', async () => {
  const root = join(directory, 'packed');
  await mkdir(join(root, 'empty'), { recursive: true });
  await writeFile(join(root, 'run.sh'), '#!/bin/sh');
  await writeFile(join(root, 'mesh.gz'), randomBytes(20 * MIB));
  const [uploaded] = await uploadPaths(clientOf(), [root], { zip: true });
  expect(uploaded!.file.name).toBe('packed.zip');
  expect(uploaded!.file.decryptedSize).toBeGreaterThan(20 * MIB);
});
