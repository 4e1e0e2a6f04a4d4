import { randomBytes } from 'node:crypto';
import { chmodSync, unlinkSync, writeFileSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listed, sha512Of } from '../../../../testing/suites/blobs.ts';
import { Holds } from '../../holds.ts';
import { StorageFullError } from '../../storage.ts';
import { BlobDirectories } from '../directories.ts';
import { openFsStorage } from '../fs-storage.ts';
import { Unsealed } from '../unsealed.ts';
import { Packs, type PacksOptions } from './packs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-packs-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const packsIn = () => readdir(join(directory, 'packs'));
const files = (count: number) => Array.from({ length: count }, () => [randomBytes(1000), randomBytes(24)]);

/** A store whose server has ended without flushing anything but packs. */
async function received(contents: Buffer[][]): Promise<string[]> {
  const storage = await openFsStorage({ directory });
  const held = await storage.receiveMany(contents);
  await storage.close();
  return held.map(({ sha512 }) => storage.localPath(sha512)!);
}

describe('blobs that came in a pack', () => {
  test('are there again after a power cut took them before they were flushed', async () => {
    const contents = [...files(6), [Buffer.alloc(0)]];
    const paths = await received(contents);
    for (const path of paths) {
      await chmod(path, 0o644);
    }
    await unlink(paths[0]!);
    await truncate(paths[1]!, 0);
    await truncate(paths[2]!, 100);
    await writeFile(paths[3]!, Buffer.alloc(1024));
    await unlink(paths[6]!);

    const storage = await openFsStorage({ directory });
    await storage.recover();
    for (const [index, chunks] of contents.entries()) {
      const bytes = Buffer.concat(chunks);
      expect(await storage.verify(sha512Of(bytes))).toEqual({ state: 'intact', sizeBytes: bytes.length });
      if (index < 4) {
        expect((await stat(paths[index]!)).mode & 0o777).toBe(0o444);
      }
    }
    await storage.close();
  });

  test('are not made of a pack that was not flushed: it was never answered for', async () => {
    const contents = files(4);
    const paths = await received(contents);
    const [pack] = await packsIn();
    const { size } = await stat(join(directory, 'packs', pack!));
    await truncate(join(directory, 'packs', pack!), size - 1);
    for (const path of paths) {
      await unlink(path);
    }
    const storage = await openFsStorage({ directory });
    await storage.recover();
    expect(await listed(storage)).toHaveLength(3);
    await storage.close();

    const bytes = await readFile(join(directory, 'packs', pack!));
    await writeFile(join(directory, 'packs', pack!), bytes.fill(0, 0, 4096));
    await rm(join(directory, 'blobs'), { recursive: true });
    const again = await openFsStorage({ directory });
    await again.recover();
    expect(await listed(again)).toEqual([]);
    await again.close();
  });

  test('are held while they have no row', async () => {
    const storage = await openFsStorage({ directory });
    const [held] = await storage.receiveMany(files(1));
    expect(await storage.remove(held!.sha512)).toBe(false);
    held!.release();
    expect(await storage.remove(held!.sha512)).toBe(true);
    await storage.close();
  });

  test('need no pack any more once they are flushed, also when some were removed meanwhile', async () => {
    const { packs, directories } = await openPacks({ flushAfterMilliseconds: 0 });
    const contents = files(20);
    const held = await packs.receive(contents);
    await unlink(directories.locate(held[3]!.sha512));
    await packs.flush();
    expect(await packsIn()).toEqual([]);
    expect((await readFile(directories.locate(held[4]!.sha512))).equals(Buffer.concat(contents[4]!))).toBe(
      true,
    );
    await packs.close();
  });

  test('keep their packs for a while, and no longer when there are too many', async () => {
    const { packs } = await openPacks({ flushAfterMilliseconds: 3_600_000, unflushedBytes: 50_000 });
    for (let round = 0; round < 4; round += 1) {
      await packs.receive(files(10));
    }
    await packs.flush();
    expect(await packsIn()).toHaveLength(4);
    for (let round = 0; round < 2; round += 1) {
      await packs.receive(files(10));
    }
    await packs.flush();
    expect(await packsIn()).toHaveLength(4);
    await packs.close();
  });

  test('that came while earlier ones were flushed are flushed in their turn', async () => {
    const { packs } = await openPacks({ flushAfterMilliseconds: 200 });
    await packs.receive(files(10));
    await setTimeout(100);
    await packs.receive(files(10));
    await expect.poll(packsIn, { timeout: 5000 }).toEqual([]);
    await packs.close();
  });

  test('are written again when the disk failed to flush them, unless they were removed meanwhile', async () => {
    const contents = files(3);
    let failures = 0;
    const { packs, directories } = await openPacks({
      flushAfterMilliseconds: 100,
      unflushedBytes: 0,
      flush: async () => {
        if (failures > 0) {
          return;
        }
        failures += 1;
        // What the disk has of the first shows once the page cache lets go of it.
        chmodSync(paths[0]!, 0o644);
        writeFileSync(paths[0]!, Buffer.alloc(1024));
        unlinkSync(paths[1]!);
        throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
      },
    });
    const paths = contents.map((chunks) => directories.locate(sha512Of(Buffer.concat(chunks))));
    await packs.receive(contents);
    await expect.poll(packsIn, { timeout: 5000 }).toEqual([]);
    expect(failures).toBe(1);
    expect((await readFile(paths[0]!)).equals(Buffer.concat(contents[0]!))).toBe(true);
    await expect(stat(paths[1]!)).rejects.toThrow('ENOENT');
    await packs.close();
  });

  test('leave nothing when there is too little room for them', async () => {
    const { packs } = await openPacks({ reserveBytes: Number.MAX_SAFE_INTEGER });
    await expect(packs.receive(files(3))).rejects.toBeInstanceOf(StorageFullError);
    expect(await packsIn()).toEqual([]);
    await packs.close();
  });

  test('leave nothing when one of them cannot be put in its place', async () => {
    const { packs, directories, holds } = await openPacks({});
    const contents = files(5);
    const digests = contents.map((chunks) => sha512Of(Buffer.concat(chunks)));
    // A file where the directory of the last one should be.
    await mkdir(dirname(dirname(directories.locate(digests[4]!))), { recursive: true });
    await writeFile(dirname(directories.locate(digests[4]!)), '');
    await expect(packs.receive(contents)).rejects.toMatchObject({ name: 'StorageError' });
    for (const digest of digests.slice(0, 4)) {
      expect(holds.isHeld(digest)).toBe(false);
      await expect(stat(directories.locate(digest))).rejects.toThrow(/ENOENT|ENOTDIR/);
    }
    await packs.close();
  });
});

async function openPacks(options: Partial<PacksOptions>) {
  const directories = new BlobDirectories(join(directory, 'blobs'));
  const unsealed = new Unsealed(join(directory, 'unsealed-since'));
  const holds = new Holds();
  const packs = new Packs({
    ...{
      directory: join(directory, 'packs'),
      incoming: directory,
      directories,
      unsealed,
      holds,
      reserveBytes: 0,
    },
    ...options,
  });
  await packs.prepare();
  return { packs, directories, holds };
}
