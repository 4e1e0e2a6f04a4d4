/** Uploads of blobs in parts, as pages make them, through a fetch that behaves badly. */
import { createHash, randomFillSync } from 'node:crypto';
import { Quarry, type TransferEvent } from '@quarry/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';

const MIB = 1024 * 1024;

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Called for each PATCH with how many came before; gives the body to be sent instead. */
type Meddle = (body: Blob, count: number) => Promise<Blob>;

function clientOf(meddle: Meddle) {
  let patches = 0;
  let sentBytes = 0;
  const client = new Quarry({
    baseUrl: platform.url,
    apiKey: platform.apiKey,
    fetch: async (url, init) => {
      if (init?.method !== 'PATCH') {
        return fetch(url, init);
      }
      const body = await meddle(init.body as Blob, patches++);
      sentBytes += body.size;
      return fetch(url, { ...init, body });
    },
  });
  return { files: client.files, sentBytes: () => sentBytes };
}

function randomBlob(sizeBytes: number) {
  const content = randomFillSync(Buffer.alloc(sizeBytes));
  const sha512 = createHash('sha512').update(content).digest('hex');
  return { blob: new File([content], 'mesh.bin', { lastModified: 1 }), sha512 };
}

test('a part that arrived damaged is sent again, and no other', async () => {
  const { blob, sha512 } = randomBlob(24 * MIB);
  const { files, sentBytes } = clientOf(async (body, count) => {
    if (count !== 3) {
      return body;
    }
    const bytes = new Uint8Array(await body.arrayBuffer());
    bytes[5]! ^= 1;
    return new Blob([bytes]);
  });
  const events: TransferEvent[] = [];
  const file = await files.upload(blob, { onEvent: (event) => events.push(event) });
  expect(file.fileChecksums[0]?.fileHash).toBe(sha512);
  const repairs = events.filter((event) => event.type === 'repair');
  expect(repairs.flatMap(({ ranges }) => ranges.map(({ start, end }) => end - start))).toEqual([4 * MIB]);
  expect(sentBytes()).toBe(28 * MIB);
});

test('an upload that was given up goes on where it was, and one that was told not to begins anew', async () => {
  const { blob, sha512 } = randomBlob(20 * MIB);
  const abort = new AbortController();
  const first = clientOf(async (body, count) => {
    if (count === 8) {
      abort.abort('enough');
    }
    return body;
  });
  await expect(first.files.upload(blob, { signal: abort.signal })).rejects.toBe('enough');

  const second = clientOf(async (body) => body);
  const events: TransferEvent[] = [];
  const file = await second.files.upload(blob, { onEvent: (event) => events.push(event) });
  expect(file.fileChecksums[0]?.fileHash).toBe(sha512);
  const start = events.find((event) => event.type === 'start')!;
  expect(start.resumedBytes).toBeGreaterThan(0);
  expect(second.sentBytes()).toBe(20 * MIB - start.resumedBytes);

  const third = clientOf(async (body) => body);
  await third.files.upload(blob, { resume: false, skipKnown: false });
  expect(third.sentBytes()).toBe(20 * MIB);
});

test('a request that fails is followed by what the platform lacks', async () => {
  const { blob, sha512 } = randomBlob(20 * MIB);
  const { files } = clientOf(async (body, count) => {
    if (count % 5 === 4) {
      throw new TypeError('The network is gone for a moment.');
    }
    return body;
  });
  const events: TransferEvent[] = [];
  const file = await files.upload(blob, { onEvent: (event) => events.push(event) });
  expect(file.fileChecksums[0]?.fileHash).toBe(sha512);
  expect(events.some(({ type }) => type === 'retry')).toBe(true);
});
