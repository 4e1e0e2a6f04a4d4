/** What a store must do about a file of a job that somebody holds open for writing, whoever owns it and whatever its mode. */
import { randomBytes } from 'node:crypto';
import { access, type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobMismatchError, type Storage } from '../../src/storage/storage.ts';
import { adoptOne, chunksOf, listed, read, sha512Of } from './blobs.ts';

export function heldOpenSuite(storage: () => Storage): void {
  /** What is read in one go, and what is copied in blocks. */
  describe.each([100, 3_000_001])('a file of %i bytes that a job holds open', (sizeBytes) => {
    let outside: string;
    let bytes: Buffer;
    let blob: { sha512: string; sizeBytes: number };
    const handles: FileHandle[] = [];

    beforeEach(async () => {
      outside = await mkdtemp(join(tmpdir(), 'quarry-outside-'));
      bytes = randomBytes(sizeBytes);
      blob = { sha512: sha512Of(bytes), sizeBytes };
    });
    afterEach(async () => {
      for (const handle of handles.splice(0)) {
        await handle.close();
      }
      await rm(outside, { recursive: true, force: true });
    });

    /** Takes over a file with these bytes; answers a descriptor that its job has kept. */
    async function adoptHeld(name = 'held', changeBefore = false): Promise<FileHandle> {
      const path = join(outside, name);
      await writeFile(path, bytes);
      const handle = await open(path, 'r+');
      handles.push(handle);
      if (changeBefore) {
        await change(handle);
      }
      (await adoptOne(storage(), path, blob)).release();
      await expect(access(path)).rejects.toThrow('ENOENT');
      return handle;
    }

    async function change(handle: FileHandle): Promise<void> {
      await handle.write(Buffer.from('EVIL'), 0, 4, 10);
    }

    async function expectIntact(): Promise<void> {
      expect(await storage().verify(blob.sha512)).toEqual({ state: 'intact', sizeBytes });
      expect((await read(storage(), blob.sha512)).equals(bytes)).toBe(true);
      expect(await listed(storage())).toEqual([blob]);
    }

    const others: Array<[string, () => Promise<unknown>]> = [
      ['comes as an upload', () => storage().receive(chunksOf([bytes]))],
      ['comes as one of many uploads', () => storage().receiveMany([[bytes], [randomBytes(0)]])],
      ['comes as an output of another job', () => adoptHeld('other')],
      ['is known', () => storage().hold(blob)],
      [
        'comes in pieces',
        async () => {
          await storage().stage('pieces', sizeBytes);
          await storage().writeStaged('pieces', 0, chunksOf([bytes]), { maxBytes: sizeBytes });
          await storage().finishStaged('pieces');
          await storage().discardStaged('pieces');
        },
      ],
    ];

    test.each(others)('is not what a file becomes that %s', async (what, come) => {
      const held = await adoptHeld();
      expect(await come()).not.toBeNull();
      for (const handle of handles) {
        await change(handle);
      }
      if (what.includes('many')) {
        await storage().remove(sha512Of(Buffer.alloc(0)));
      }
      expect(await storage().verify(blob.sha512)).toEqual({ state: 'intact', sizeBytes });
      await adoptHeld('third');
      await change(held);
      expect((await read(storage(), blob.sha512)).equals(bytes)).toBe(true);
      expect((await listed(storage())).filter(({ sha512 }) => sha512 === blob.sha512)).toEqual([blob]);
    });

    test('gives way to the bytes of another one when it was changed', async () => {
      await change(await adoptHeld());
      expect(await storage().hold(blob)).toBeNull();
      await change(await adoptHeld('other'));
      await expectIntact();
    });

    test('serves another one that was changed after it had been hashed', async () => {
      const held = await adoptHeld();
      await adoptHeld('other', true);
      await change(held);
      await expectIntact();
    });

    test('stays what it is when another one and itself were changed: that one is refused in words', async () => {
      await change(await adoptHeld());
      const refused = await adoptHeld('other', true).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(BlobMismatchError);
      expect((refused as Error).message).toBe(
        `${join(outside, 'other')} was changed after it had been hashed. The blob ${blob.sha512.slice(0, 12)}… was changed after it had been hashed.`,
      );
      await access(join(outside, 'other'));
      await storage().receive(chunksOf([bytes]));
      await expectIntact();
    });

    test('is not copied longer than it was, whatever its holder makes of it', async () => {
      const held = await adoptHeld();
      await held.truncate(2 ** 42);
      expect(await storage().hold(blob)).toBeNull();
      await adoptHeld('other');
      await expectIntact();
    });

    test('is gone when it is removed, also after it was copied, and may come again', async () => {
      await adoptHeld();
      await adoptHeld('other');
      expect(await storage().remove(blob.sha512)).toBe(true);
      expect([await storage().stat(blob.sha512), await listed(storage())]).toEqual([null, []]);
      await adoptHeld();
      await expectIntact();
    });

    test('is copied once when it comes twenty times at once', async () => {
      const held = await Promise.all(Array.from({ length: 20 }, (_, index) => adoptHeld(String(index))));
      for (const handle of held) {
        await change(handle);
      }
      await expectIntact();
    });
  });
}
