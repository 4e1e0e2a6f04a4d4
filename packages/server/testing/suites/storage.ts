/** What every implementation of the file store must do. A test file calls `storageSuite` with a way to open one. */
import { randomBytes } from 'node:crypto';
import { access, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { often } from '../../../contract/testing/often.ts';
import {
  BlobMismatchError,
  BlobMissingError,
  BlobTooLargeError,
  type Storage,
  StorageFullError,
} from '../../src/storage/storage.ts';
import { adoptOne, chunksOf, collect, listed, localFile, read, sha512Of } from './blobs.ts';
import { heldOpenSuite } from './held-open.ts';
import { stagedSuite } from './staged.ts';

export interface StorageFixture {
  storage: Storage;
  /** Flips a byte of the stored blob, behind the store's back. */
  damage(sha512: string): Promise<void>;
  /** Changes a byte of a blob, and not its size. */
  rot(sha512: string): Promise<void>;
  close(): Promise<void>;
}

export function storageSuite(name: string, openFixture: () => Promise<StorageFixture>): void {
  describe(`${name} as a file store`, () => {
    let fixture: StorageFixture;
    let storage: Storage;
    let outside: string;

    beforeEach(async () => {
      fixture = await openFixture();
      storage = fixture.storage;
      outside = await mkdtemp(join(tmpdir(), 'quarry-outside-'));
    });
    afterEach(async () => {
      await fixture.close();
      await rm(outside, { recursive: true, force: true });
    });

    test('gives back the bytes it received, whatever their size and however they were cut', async () => {
      const pieces = fc.array(fc.integer({ min: 0, max: 700_000 }), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(pieces, async (sizes) => {
          const chunks = sizes.map((size) => randomBytes(size));
          const bytes = Buffer.concat(chunks);
          const held = await storage.receive(chunksOf(chunks));
          expect(held).toMatchObject({ sha512: sha512Of(bytes), sizeBytes: bytes.length });
          expect((await read(storage, held.sha512)).equals(bytes)).toBe(true);
          held.release();
        }),
        { numRuns: often(25) },
      );
    });

    test('gives back any range of the bytes, both ends included', async () => {
      const bytes = randomBytes(3_000_000);
      const { sha512 } = await storage.receive(chunksOf([bytes]));
      const range = fc.tuple(fc.nat(bytes.length - 1), fc.nat(bytes.length - 1));
      await fc.assert(
        fc.asyncProperty(range, async ([one, other]) => {
          const [start, end] = [Math.min(one, other), Math.max(one, other)];
          const part = await read(storage, sha512, { start, end });
          expect(part.equals(bytes.subarray(start, end + 1))).toBe(true);
        }),
        { numRuns: often(25) },
      );
    });

    test('keeps an empty file as a blob of its own', async () => {
      const held = await storage.receive(chunksOf([]));
      expect(held).toMatchObject({ sha512: sha512Of(Buffer.alloc(0)), sizeBytes: 0 });
      expect((await read(storage, held.sha512)).length).toBe(0);
    });

    test('keeps the same bytes once when they come twenty times at once', async () => {
      const bytes = randomBytes(1_500_000);
      const helds = await Promise.all(
        Array.from({ length: 20 }, () => storage.receive(Readable.from([bytes, Buffer.alloc(0)]))),
      );
      expect(new Set(helds.map((held) => held.sha512))).toEqual(new Set([sha512Of(bytes)]));
      expect(await listed(storage)).toEqual([{ sha512: sha512Of(bytes), sizeBytes: bytes.length }]);
    });

    test('puts a damaged blob right when its bytes come again', async () => {
      const bytes = randomBytes(5000);
      const { sha512 } = await storage.receive(chunksOf([bytes]));
      await fixture.rot(sha512);
      expect(await storage.verify(sha512)).toMatchObject({ state: 'damaged', sizeBytes: 5000 });
      await storage.receive(chunksOf([bytes]));
      expect(await storage.verify(sha512)).toEqual({ state: 'intact', sizeBytes: 5000 });
    });

    test('puts a damaged blob right when its bytes come again with another size than the damaged one has', async () => {
      const bytes = randomBytes(5000);
      const { sha512 } = await storage.receive(chunksOf([bytes]));
      await fixture.damage(sha512);
      expect(await storage.verify(sha512)).toMatchObject({ state: 'damaged' });
      await storage.receive(chunksOf([bytes]));
      expect(await storage.verify(sha512)).toEqual({ state: 'intact', sizeBytes: 5000 });
    });

    test('leaves nothing of an upload that was broken off by its sender', async () => {
      for (const sizeBytes of [10, 3_000_000]) {
        const broken = new Error('the client went away');
        const source = (async function* () {
          yield randomBytes(sizeBytes);
          throw broken;
        })();
        await expect(storage.receive(source)).rejects.toBe(broken);
      }
      expect(await listed(storage)).toEqual([]);
      expect(await storage.sweep()).toEqual({ files: 0, bytes: 0 });
    });

    test('leaves nothing of an upload that was aborted while its source gave nothing', async () => {
      const aborting = new AbortController();
      const waiting = Promise.withResolvers<void>();
      const source = (async function* () {
        yield randomBytes(2_000_000);
        waiting.resolve();
        await new Promise(() => {});
      })();
      const receiving = storage.receive(source, { signal: aborting.signal });
      await waiting.promise;
      aborting.abort(new Error('enough'));
      await expect(receiving).rejects.toThrow('enough');
      expect(await listed(storage)).toEqual([]);
      expect(await storage.sweep()).toEqual({ files: 0, bytes: 0 });
    });

    test('refuses more bytes than allowed and leaves nothing of them', async () => {
      for (const maxBytes of [1000, 2_000_000]) {
        const source = chunksOf([randomBytes(maxBytes), randomBytes(1)]);
        const refusal = await storage.receive(source, { maxBytes }).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(BlobTooLargeError);
        expect((refusal as Error).message).toContain(String(maxBytes));
      }
      expect(await listed(storage)).toEqual([]);
    });

    test('refuses an upload that cannot fit before it takes a byte', async () => {
      const free = await storage.freeBytes();
      if (free === null) {
        return;
      }
      const source = (async function* (): AsyncGenerator<Uint8Array> {
        yield await Promise.reject(new Error('the source was read'));
      })();
      await expect(storage.receive(source, { expectedBytes: free * 2 })).rejects.toBeInstanceOf(
        StorageFullError,
      );
    });

    test('takes in many small files at once, in their order, the same ones once', async () => {
      const contents = Array.from({ length: 300 }, (_, index) =>
        index % 50 === 0 ? [] : [Buffer.from(`content ${index % 200} `), randomBytes(index > 250 ? 0 : 3)],
      );
      const kept = await storage.receive(chunksOf(contents[1]!));
      const held = await storage.receiveMany(contents);
      expect(held).toHaveLength(contents.length);
      for (const [index, chunks] of contents.entries()) {
        const bytes = Buffer.concat(chunks);
        expect(held[index]).toMatchObject({ sha512: sha512Of(bytes), sizeBytes: bytes.length });
        expect((await read(storage, held[index]!.sha512)).equals(bytes)).toBe(true);
      }
      expect(await listed(storage)).toHaveLength(new Set(held.map(({ sha512 }) => sha512)).size);
      kept.release();
      for (const blob of held.slice(2)) {
        blob.release();
      }
      expect(await storage.remove(kept.sha512)).toBe(false);
      held[1]!.release();
      expect(await storage.remove(kept.sha512)).toBe(true);
      expect(await storage.receiveMany([])).toEqual([]);
    });

    test('puts a damaged blob right when it comes among many', async () => {
      const bytes = randomBytes(500);
      const { sha512 } = await storage.receive(chunksOf([bytes]));
      await fixture.damage(sha512);
      await storage.receiveMany([[randomBytes(10)], [bytes]]);
      expect(await storage.verify(sha512)).toEqual({ state: 'intact', sizeBytes: 500 });
    });

    stagedSuite(() => storage);
    heldOpenSuite(() => storage);

    test('takes over a finished file, and again when asked again', async () => {
      const bytes = randomBytes(4000);
      const path = join(outside, 'result.dat');
      await writeFile(path, bytes);
      const expected = { sha512: sha512Of(bytes), sizeBytes: bytes.length };
      expect(await adoptOne(storage, path, expected)).toMatchObject(expected);
      await expect(access(path)).rejects.toThrow('ENOENT');
      expect(await adoptOne(storage, path, expected)).toMatchObject(expected);
      expect((await read(storage, expected.sha512)).equals(bytes)).toBe(true);
    });

    test('takes over a file whose bytes are there already', async () => {
      const bytes = randomBytes(4000);
      const held = await storage.receive(chunksOf([bytes]));
      const path = join(outside, 'same.dat');
      await writeFile(path, bytes);
      await adoptOne(storage, path, held);
      await expect(access(path)).rejects.toThrow('ENOENT');
      expect(await listed(storage)).toHaveLength(1);
    });

    test('refuses to take over what is missing, of another size, or no plain file', async () => {
      const bytes = randomBytes(100);
      const expected = { sha512: sha512Of(bytes), sizeBytes: bytes.length };
      const path = join(outside, 'file');
      await expect(adoptOne(storage, path, expected)).rejects.toBeInstanceOf(BlobMissingError);
      await writeFile(path, randomBytes(99));
      await expect(adoptOne(storage, path, expected)).rejects.toBeInstanceOf(BlobMismatchError);
      await symlink(path, join(outside, 'link'));
      await expect(adoptOne(storage, join(outside, 'link'), expected)).rejects.toBeInstanceOf(
        BlobMismatchError,
      );
      expect(await listed(storage)).toEqual([]);
      expect((await readFile(path)).length).toBe(99);
    });

    test('takes over many files at once, each for itself and in their order', async () => {
      const contents = Array.from({ length: 100 }, (_, index) => Buffer.from(`content ${index % 80}`));
      const files = contents.map((bytes, index) =>
        localFile(join(outside, String(index)), { sha512: sha512Of(bytes), sizeBytes: bytes.length }),
      );
      for (const [index, { path }] of files.entries()) {
        if (index !== 40) {
          await writeFile(join(outside, path), contents[index]!);
        }
      }
      await writeFile(join(outside, files[7]!.path), 'of another size');
      const results = await storage.adopt(files);
      expect(results).toHaveLength(files.length);
      for (const [index, result] of results.entries()) {
        const { path, sha512, sizeBytes } = files[index]!;
        const expected = { sha512, sizeBytes };
        if (index === 7) {
          expect(result).toMatchObject({ status: 'rejected', reason: expect.any(BlobMismatchError) });
        } else if (index === 40) {
          expect(result).toMatchObject({ status: 'rejected', reason: expect.any(BlobMissingError) });
        } else {
          expect(result).toMatchObject({ status: 'fulfilled', value: expected });
          await expect(access(join(outside, path))).rejects.toThrow('ENOENT');
          expect((await read(storage, expected.sha512)).equals(contents[index]!)).toBe(true);
        }
      }
      expect(await listed(storage)).toHaveLength(79);
      // Of the same bytes came two files, and each of them is held.
      const twice = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
      twice.find(({ sha512 }) => sha512 === files[0]!.sha512)!.release();
      expect(await storage.remove(files[0]!.sha512)).toBe(false);
    });

    test('takes over nothing when there is nothing', async () => {
      expect(await storage.adopt([])).toEqual([]);
    });

    test('does not remove a blob while anyone holds it', async () => {
      const bytes = randomBytes(100);
      const first = await storage.receive(chunksOf([bytes]));
      const second = await storage.receive(chunksOf([bytes]));
      expect(await storage.remove(first.sha512)).toBe(false);
      first.release();
      first.release();
      expect(await storage.remove(first.sha512)).toBe(false);
      await second[Symbol.asyncDispose]();
      expect(await storage.remove(first.sha512)).toBe(true);
      expect(await storage.stat(first.sha512)).toBeNull();
      expect(await storage.remove(first.sha512)).toBe(true);
    });

    test('holds a blob that is there, and none of another size or digest', async () => {
      const { sha512, sizeBytes, release } = await storage.receive(chunksOf([randomBytes(100)]));
      release();
      const held = await storage.hold({ sha512, sizeBytes });
      expect(held).toMatchObject({ sha512, sizeBytes });
      expect(await storage.remove(sha512)).toBe(false);
      expect(await storage.hold({ sha512, sizeBytes: 99 })).toBeNull();
      expect(await storage.hold({ sha512: '0'.repeat(128), sizeBytes })).toBeNull();
      held!.release();
      expect(await storage.remove(sha512)).toBe(true);
      expect(await storage.hold({ sha512, sizeBytes })).toBeNull();
    });

    test('does not remove a blob whose removal is not confirmed', async () => {
      const { sha512, release } = await storage.receive(chunksOf([randomBytes(10)]));
      release();
      expect(await storage.remove(sha512, { confirm: async () => false })).toBe(false);
      expect(await storage.stat(sha512)).not.toBeNull();
    });

    test('keeps bytes that arrive while the removal of the same bytes is being confirmed', async () => {
      const bytes = randomBytes(2000);
      const { sha512, release } = await storage.receive(chunksOf([bytes]));
      release();
      const confirming = Promise.withResolvers<boolean>();
      const asked = Promise.withResolvers<void>();
      const removing = storage.remove(sha512, {
        confirm: () => {
          asked.resolve();
          return confirming.promise;
        },
      });
      await asked.promise;
      const arriving = storage.receive(chunksOf([bytes]));
      confirming.resolve(true);
      expect(await removing).toBe(true);
      await arriving;
      expect((await read(storage, sha512)).equals(bytes)).toBe(true);
    });

    test('lets a reader finish a blob that is removed meanwhile', async () => {
      const bytes = randomBytes(6_000_000);
      const { sha512, release } = await storage.receive(chunksOf([bytes]));
      release();
      const reading = await storage.open(sha512);
      await storage.remove(sha512);
      expect((await collect(reading)).equals(bytes)).toBe(true);
    });

    test('gives a reader that brings its own memory any part of a blob, also one that is removed meanwhile', async () => {
      const bytes = randomBytes(300_000);
      const { sha512, release } = await storage.receive(chunksOf([bytes]));
      release();
      const reader = await storage.openReader(sha512);
      try {
        await storage.remove(sha512);
        expect(reader.sizeBytes).toBe(bytes.byteLength);
        const into = new Uint8Array(1000);
        for (const position of [0, 123_456, bytes.byteLength - 1000]) {
          let filled = 0;
          while (filled < into.byteLength) {
            filled += await reader.read(into.subarray(filled), position + filled);
          }
          expect(Buffer.from(into).equals(bytes.subarray(position, position + 1000))).toBe(true);
        }
        expect(await reader.read(into, bytes.byteLength)).toBe(0);
      } finally {
        await reader.close();
      }
      await expect(storage.openReader('0'.repeat(128))).rejects.toBeInstanceOf(BlobMissingError);
    });

    test('says which blobs are missing and which are damaged', async () => {
      const { sha512 } = await storage.receive(chunksOf([randomBytes(3_000_000)]));
      expect(await storage.verify(sha512)).toEqual({ state: 'intact', sizeBytes: 3_000_000 });
      await fixture.damage(sha512);
      expect(await storage.verify(sha512)).toMatchObject({ state: 'damaged' });
      expect(await storage.verify('0'.repeat(128))).toEqual({ state: 'missing' });
      await expect(storage.open('0'.repeat(128))).rejects.toBeInstanceOf(BlobMissingError);
    });

    test('takes nothing for a digest that is none', async () => {
      await expect(storage.open('../../etc/passwd')).rejects.toThrow('Not a SHA-512');
      await expect(storage.stat('A'.repeat(128))).rejects.toThrow('Not a SHA-512');
    });

    test('shows programs on the same file system where a blob lies', async () => {
      const bytes = randomBytes(100);
      const { sha512 } = await storage.receive(chunksOf([bytes]));
      const path = storage.localPath(sha512);
      if (path !== null) {
        expect((await readFile(path)).equals(bytes)).toBe(true);
      }
    });
  });
}
