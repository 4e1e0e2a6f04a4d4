/** What every implementation of the file store must do with bytes that are filled in any order; part of `storageSuite`. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { often } from '../../../contract/testing/often.ts';
import {
  BlobMismatchError,
  BlobTooLargeError,
  StagedMissingError,
  type Storage,
  StorageFullError,
} from '../../src/storage/storage.ts';
import { chunksOf, listed, read, sha512Of } from './blobs.ts';

/** `current` gives the store of the test that runs. */
export function stagedSuite(current: () => Storage): void {
  describe('staged bytes', () => {
    let storage: Storage;
    beforeEach(() => {
      storage = current();
    });
    const all = { maxBytes: Number.MAX_SAFE_INTEGER };

    test('arrive in any order and several at once, and become a blob that stays staged until it is discarded', async () => {
      const bytes = randomBytes(9_000_000);
      await storage.stage('upload', bytes.length);
      const cuts = [0, 1, 70_000, 3_000_000, 3_000_001, 8_000_000, bytes.length];
      const parts = cuts.slice(1).map((end, index) => [cuts[index]!, end] as const);
      const written = await Promise.all(
        parts.toReversed().map(([start, end]) =>
          storage.writeStaged('upload', start, piecesOf(bytes.subarray(start, end)), {
            maxBytes: end - start,
          }),
        ),
      );
      expect(written).toEqual(
        parts.toReversed().map(([start, end]) => ({ durableBytes: end - start, brokenBy: null })),
      );
      const held = await storage.finishStaged('upload');
      expect(held).toMatchObject({ sha512: sha512Of(bytes), sizeBytes: bytes.length });
      expect((await read(storage, held.sha512)).equals(bytes)).toBe(true);
      expect((await storage.listStaged()).map(({ name }) => name)).toEqual(['upload']);
      await storage.discardStaged('upload');
      await storage.discardStaged('upload');
      expect(await storage.listStaged()).toEqual([]);
      expect(await storage.verify(held.sha512)).toEqual({ state: 'intact', sizeBytes: bytes.length });
    });

    test('are hashed right whatever is written again, and in whatever order', async () => {
      const size = 400_000;
      const stretch = fc.tuple(fc.nat(size - 1), fc.integer({ min: 1, max: size }), fc.boolean());
      let count = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(stretch, { maxLength: 6 }), async (stretches) => {
          const name = `upload${count++}`;
          const bytes = randomBytes(size);
          await storage.stage(name, size);
          const steps = [[0, size, false] as const, ...stretches];
          for (const [index, [start, length, looks]] of steps.entries()) {
            const end = Math.min(size, start + length);
            if (index > 0) {
              randomBytes(end - start).copy(bytes, start);
            }
            const part = bytes.subarray(start, end);
            const present = [[0, index === 0 ? 0 : size]] as const;
            await storage.writeStaged(name, start, piecesOf(part), { maxBytes: end - start, present });
            if (!looks) {
              continue;
            }
            const now = await storage.finishStaged(name);
            expect(now.sha512).toBe(sha512Of(bytes));
            now.release();
          }
          const held = await storage.finishStaged(name);
          expect(held.sha512).toBe(sha512Of(bytes));
          expect(await storage.verify(held.sha512)).toMatchObject({ state: 'intact' });
          await storage.discardStaged(name);
        }),
        { numRuns: often(20) },
      );
      for await (const { sha512 } of storage.list()) {
        expect(await storage.verify(sha512)).toMatchObject({ state: 'intact' });
      }
    });

    test('count as far as they came when their source broke, and are told as they become durable', async () => {
      const bytes = randomBytes(40_000_000);
      await storage.stage('upload', bytes.length);
      const broken = new Error('the client went away');
      const told: number[] = [];
      const source = (async function* () {
        yield* piecesOf(bytes.subarray(0, 35_000_000));
        throw broken;
      })();
      const onDurable = (count: number) => told.push(count);
      const first = await storage.writeStaged('upload', 0, source, { ...all, onDurable });
      expect(first).toEqual({ durableBytes: 35_000_000, brokenBy: broken });
      expect(told.length).toBeGreaterThanOrEqual(2);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      expect(told.at(-1)).toBe(35_000_000);
      const rest = piecesOf(bytes.subarray(35_000_000));
      expect(await storage.writeStaged('upload', 35_000_000, rest, all)).toMatchObject({ brokenBy: null });
      expect((await storage.finishStaged('upload')).sha512).toBe(sha512Of(bytes));
    });

    test('stop at a signal also while their source gives nothing, and count as far as they came', async () => {
      await storage.stage('upload', 3_000_000);
      const aborting = new AbortController();
      const waiting = Promise.withResolvers<void>();
      const source = (async function* () {
        yield randomBytes(1_000_000);
        waiting.resolve();
        await new Promise(() => {});
      })();
      const writing = storage.writeStaged('upload', 0, source, { ...all, signal: aborting.signal });
      await waiting.promise;
      aborting.abort(new Error('enough'));
      expect(await writing).toMatchObject({
        durableBytes: 1_000_000,
        brokenBy: expect.objectContaining({ message: 'enough' }),
      });
    });

    test('are never more than allowed, and leave those behind them alone', async () => {
      await storage.stage('upload', 2000);
      await storage.writeStaged('upload', 1000, chunksOf([Buffer.alloc(1000, 1)]), all);
      const tooMuch = chunksOf([Buffer.alloc(900, 2), Buffer.alloc(101, 2)]);
      const { brokenBy } = await storage.writeStaged('upload', 0, tooMuch, { maxBytes: 1000 });
      expect(brokenBy).toBeInstanceOf(BlobTooLargeError);
      const reader = await storage.openStaged('upload');
      const behind = Buffer.alloc(1000);
      expect(await reader.read(behind, 1000)).toBe(1000);
      await reader.close();
      expect(behind.equals(Buffer.alloc(1000, 1))).toBe(true);
    });

    test('become no blob when their digest is another than announced, and one when they were mended', async () => {
      const bytes = randomBytes(1_000_000);
      const wrong = Buffer.from(bytes);
      wrong[700_000]! ^= 1;
      await storage.stage('upload', bytes.length);
      await storage.writeStaged('upload', 0, piecesOf(wrong), all);
      const sha512 = sha512Of(bytes);
      await expect(storage.finishStaged('upload', { sha512 })).rejects.toBeInstanceOf(BlobMismatchError);
      expect(await listed(storage)).toEqual([]);
      const mended = piecesOf(bytes.subarray(600_000, 800_000));
      await storage.writeStaged('upload', 600_000, mended, {
        maxBytes: 200_000,
        present: [[0, bytes.length]],
      });
      expect((await storage.finishStaged('upload', { sha512 })).sha512).toBe(sha512);
    });

    test('that became a blob without a row may be written to again, and do not change the blob', async () => {
      const bytes = randomBytes(100_000);
      await storage.stage('upload', bytes.length);
      await storage.writeStaged('upload', 0, chunksOf([bytes]), all);
      const first = await storage.finishStaged('upload');
      await storage.writeStaged('upload', 0, chunksOf([Buffer.alloc(10)]), { maxBytes: 10 });
      expect(await storage.verify(first.sha512)).toEqual({ state: 'intact', sizeBytes: bytes.length });
      first.release();
      await storage.remove(first.sha512);
      const second = await storage.finishStaged('upload');
      expect(second.sha512).not.toBe(first.sha512);
      second.release();
      await storage.remove(second.sha512);
      // Its blob is gone: nobody else has these bytes, which were made read-only.
      await storage.writeStaged('upload', 0, chunksOf([bytes]), all);
      expect((await storage.finishStaged('upload')).sha512).toBe(first.sha512);
    });

    test('may be none at all', async () => {
      await storage.stage('upload', 0);
      expect(await storage.finishStaged('upload')).toMatchObject({
        sha512: sha512Of(Buffer.alloc(0)),
        sizeBytes: 0,
      });
    });

    test('are refused where nothing is staged, under a name that is none, and where they cannot fit', async () => {
      const one = () => chunksOf([Buffer.alloc(1)]);
      await expect(storage.writeStaged('absent', 0, one(), all)).rejects.toBeInstanceOf(StagedMissingError);
      await expect(storage.openStaged('absent')).rejects.toBeInstanceOf(StagedMissingError);
      await expect(storage.finishStaged('absent')).rejects.toBeInstanceOf(StagedMissingError);
      await expect(storage.stage('../up', 1)).rejects.toThrow('Not a name');
      const free = await storage.freeBytes();
      if (free === null) {
        return;
      }
      await expect(storage.stage('huge', free * 2)).rejects.toBeInstanceOf(StorageFullError);
      await storage.stage('half', Math.floor(free * 0.6));
      await expect(storage.stage('half2', Math.floor(free * 0.6))).rejects.toBeInstanceOf(StorageFullError);
      await storage.discardStaged('half');
      await storage.stage('half2', Math.floor(free * 0.6));
    });

    test('are left alone by a sweep', async () => {
      await storage.stage('upload', 100);
      await storage.sweep();
      expect(await storage.listStaged()).toEqual([{ name: 'upload', sizeBytes: 100, writtenBytes: 0 }]);
    });
  });
}

/** Cut as a network would. */
async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    yield bytes.subarray(at, at + 65_536);
  }
}
