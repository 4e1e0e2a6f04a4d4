import { MAX_DELIVERIES, MAX_DELIVERY_BATCH_BYTES } from '@quarry/contract';
import { expect, test } from 'vitest';
import { DELIVERY_BATCH_BYTES, DELIVERY_FILES } from '../limits.ts';
import { Turns } from '../turns.ts';
import { Batches, type ReadFile } from './batches.ts';

const small = (name: string, sizeBytes = 1) => ({
  sha512: name,
  sizeBytes,
  read: () => Buffer.alloc(sizeBytes),
});
const stored = (files: readonly ReadFile[]) =>
  files.map(({ sha512, sizeBytes }) => ({ sha512, receivedBytes: sizeBytes, isStored: true }));

test('batches are no larger than the server takes', () => {
  expect(DELIVERY_FILES).toBeLessThanOrEqual(MAX_DELIVERIES);
  expect(DELIVERY_BATCH_BYTES).toBeLessThanOrEqual(MAX_DELIVERY_BATCH_BYTES);
});

test('what comes while others are on their way goes together, each answered for itself', async () => {
  const sent: string[][] = [];
  const going = Promise.withResolvers<void>();
  const batches = new Batches(async (files) => {
    sent.push(files.map(({ sha512 }) => sha512));
    if (sent.length === 1) {
      await going.promise;
    }
    return stored(files);
  }, new Turns(1));
  const first = batches.bring(small('a'));
  const others = ['b', 'c', 'd'].map((name) => batches.bring(small(name)));
  going.resolve();
  expect((await Promise.all([first, ...others])).map(({ sha512 }) => sha512)).toEqual(['a', 'b', 'c', 'd']);
  expect(sent.length).toBeLessThanOrEqual(2);
  expect(sent.flat()).toEqual(['a', 'b', 'c', 'd']);
});

test('a batch is bounded by bytes and by files', async () => {
  const sent: ReadFile[][] = [];
  const batches = new Batches(async (files) => {
    sent.push([...files]);
    return stored(files);
  }, new Turns(1));
  const sizes = [...Array(DELIVERY_FILES + 10).fill(1), ...Array(5).fill(DELIVERY_BATCH_BYTES / 2)];
  await Promise.all(sizes.map((sizeBytes, index) => batches.bring(small(String(index), sizeBytes))));
  expect(sent.flat()).toHaveLength(sizes.length);
  for (const files of sent) {
    expect(files.length).toBeLessThanOrEqual(DELIVERY_FILES);
    expect(files.reduce((total, { sizeBytes }) => total + sizeBytes, 0)).toBeLessThanOrEqual(
      DELIVERY_BATCH_BYTES,
    );
  }
});

test('a file that cannot be read fails alone, and a request that fails is that of all its files', async () => {
  let isAway = false;
  const batches = new Batches(async (files) => {
    if (isAway) {
      throw new Error('away');
    }
    return stored(files);
  }, new Turns(1));
  const unreadable = {
    ...small('b'),
    read: () => {
      throw new Error('changed');
    },
  };
  const results = await Promise.allSettled([batches.bring(small('a')), batches.bring(unreadable)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  isAway = true;
  const both = await Promise.allSettled([batches.bring(small('c')), batches.bring(small('d'))]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
