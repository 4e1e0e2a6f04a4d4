import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openFsStorage } from '../src/storage/fs/fs-storage.ts';
import { HashThreads } from '../src/storage/hash-threads.ts';
import { StorageError, StorageFullError } from '../src/storage/storage.ts';
import { canMount } from '../testing/can-mount.ts';
import { adoptOne, chunksOf, listed, sha512Of } from '../testing/suites/blobs.ts';
import { storageSuite } from '../testing/suites/storage.ts';

const MIB = 1024 * 1024;

storageSuite('fs', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-storage-'));
  const storage = await openFsStorage({ directory });
  return {
    storage,
    async damage(sha512) {
      const path = storage.localPath(sha512)!;
      const { size } = await stat(path);
      await chmod(path, 0o644);
      await truncate(path, size - 1);
    },
    async rot(sha512) {
      const path = storage.localPath(sha512)!;
      await chmod(path, 0o644);
      await using file = await open(path, 'r+');
      await file.write(Buffer.from('rot'), 0, 3, 1000);
    },
    async close() {
      await storage.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});

describe('fs', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quarry-storage-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  test('keeps a blob as a read-only file named by its digest', async () => {
    const storage = await openFsStorage({ directory });
    const { sha512 } = await storage.receive(chunksOf([Buffer.from('hello')]));
    const path = join(directory, 'blobs', sha512.slice(0, 2), sha512);
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    await storage.close();
  });

  test('copies a file that has another name, so that the other name cannot change the blob', async () => {
    const storage = await openFsStorage({ directory });
    const bytes = randomBytes(1000);
    const [path, other] = [join(directory, 'output'), join(directory, 'other-name')];
    await writeFile(path, bytes);
    await link(path, other);
    const { sha512 } = await adoptOne(storage, path, { sha512: sha512Of(bytes), sizeBytes: bytes.length });
    await writeFile(other, 'changed afterwards');
    expect(await storage.verify(sha512)).toEqual({ state: 'intact', sizeBytes: 1000 });
    await storage.close();
  });

  test('sees a byte that turned while the size stayed', async () => {
    const storage = await openFsStorage({ directory });
    const { sha512 } = await storage.receive(chunksOf([Buffer.alloc(3 * MIB)]));
    await chmod(storage.localPath(sha512)!, 0o644);
    await using handle = await open(storage.localPath(sha512)!, 'r+');
    await handle.write(Buffer.from([1]), 0, 1, 2 * MIB);
    expect(await storage.verify(sha512)).toMatchObject({ state: 'damaged', sizeBytes: 3 * MIB });
    await storage.close();
  });

  test('takes in a large file in constant memory', async () => {
    const storage = await openFsStorage({ directory });
    const chunk = randomBytes(64 * 1024);
    const before = process.memoryUsage().rss;
    const held = await storage.receive(
      (async function* () {
        for (let sent = 0; sent < 256 * MIB; sent += chunk.length) {
          yield chunk;
        }
      })(),
    );
    expect(held.sizeBytes).toBe(256 * MIB);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
    await storage.close();
  });

  test('a process killed while it receives leaves a temporary file that opening leaves alone and a sweep removes', async () => {
    const program = join(import.meta.dirname, 'fixtures/receive-forever.ts');
    const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(join(directory, 'incoming'))).toHaveLength(1);
    const storage = await openFsStorage({ directory });
    expect(await readdir(join(directory, 'incoming'))).toHaveLength(1);
    expect(await storage.sweep()).toMatchObject({ files: 1 });
    expect(await readdir(join(directory, 'incoming'))).toEqual([]);
    expect(await listed(storage)).toEqual([]);
    await storage.close();
  });

  test('sweeping leaves uploads alone that are under way', async () => {
    const storage = await openFsStorage({ directory });
    const going = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const receiving = storage.receive(
      (async function* () {
        yield randomBytes(4 * MIB);
        reached.resolve();
        await going.promise;
      })(),
    );
    await reached.promise;
    expect(await storage.sweep()).toEqual({ files: 0, bytes: 0 });
    going.resolve();
    expect(await storage.verify((await receiving).sha512)).toMatchObject({ state: 'intact' });
    await storage.close();
  });

  test('closing breaks off uploads under way and leaves nothing of them', async () => {
    const storage = await openFsStorage({ directory });
    const reached = Promise.withResolvers<void>();
    const receiving = storage.receive(
      (async function* () {
        yield randomBytes(4 * MIB);
        reached.resolve();
        await new Promise(() => {});
      })(),
    );
    const refused = expect(receiving).rejects.toThrow('closing');
    await reached.promise;
    await storage.close();
    await refused;
    expect(await readdir(join(directory, 'incoming'))).toEqual([]);
  });

  test('says in words that its directory cannot be used', async () => {
    await writeFile(join(directory, 'blobs'), 'a file where a directory should be');
    const refusal = await openFsStorage({ directory }).catch((error: unknown) => error as Error);
    expect(refusal).toMatchObject({ name: 'StorageError', cause: { code: 'EEXIST' } });
  });

  describe.skipIf(!canMount())('on a disk of 8 MiB (needs root, to mount a tmpfs)', () => {
    let mounted: string;

    beforeEach(async () => {
      mounted = join(directory, 'small');
      await mkdir(mounted);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mounted]);
    });
    afterEach(() => {
      execFileSync('umount', [mounted]);
    });

    test('says that the disk is full, leaves nothing of the upload and goes on serving', async () => {
      const storage = await openFsStorage({ directory: mounted, reserveBytes: 0 });
      const small = await storage.receive(chunksOf([Buffer.alloc(MIB)]));
      const tooMuch = chunksOf(Array.from({ length: 40 }, () => randomBytes(MIB / 2)));
      const refusal = await storage.receive(tooMuch).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(StorageFullError);
      expect(refusal).toMatchObject({ cause: { code: 'ENOSPC' } });
      expect(await readdir(join(mounted, 'incoming'))).toEqual([]);
      expect(await storage.verify(small.sha512)).toMatchObject({ state: 'intact' });
      expect(await storage.receive(chunksOf([Buffer.alloc(2 * MIB)]))).toMatchObject({ sizeBytes: 2 * MIB });
      await storage.close();
    });

    test('stops taking in before the reserve for others is used up', async () => {
      const storage = await openFsStorage({ directory: mounted, reserveBytes: 9 * MIB });
      await expect(storage.receive(chunksOf([Buffer.alloc(10)]))).rejects.toThrow('kept in reserve');
      await storage.close();
    });

    test('takes over a file from another file system', async () => {
      const storage = await openFsStorage({ directory: mounted, reserveBytes: 0 });
      const bytes = randomBytes(MIB);
      const path = join(directory, 'elsewhere.dat');
      await writeFile(path, bytes);
      const { sha512 } = await adoptOne(storage, path, { sha512: sha512Of(bytes), sizeBytes: MIB });
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect(await storage.verify(sha512)).toMatchObject({ state: 'intact' });
      const big = { sha512: sha512Of(Buffer.alloc(9 * MIB)), sizeBytes: 9 * MIB };
      await writeFile(path, Buffer.alloc(9 * MIB));
      await expect(adoptOne(storage, path, big)).rejects.toBeInstanceOf(StorageFullError);
      expect((await stat(path)).size).toBe(9 * MIB);
      expect(await readdir(join(mounted, 'incoming'))).toEqual([]);
      await storage.close();
    });
  });
});

test('a look at what is staged that failed is not the answer to later uploads', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-storage-'));
  const storage = await openFsStorage({ directory });
  try {
    await rename(join(directory, 'staged'), join(directory, 'away'));
    await expect(storage.stage('early', 100)).rejects.toThrow('listing uploads');
    await rename(join(directory, 'away'), join(directory, 'staged'));
    await storage.stage('later', 100);
    await storage.discardStaged('later');
  } finally {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  }
});

test('a hash that is given up ends whoever waits for it', async () => {
  const threads = new HashThreads();
  try {
    const hash = threads.open();
    const reading = hash.read(import.meta.filename, 0, 100);
    hash.abandon();
    await expect(reading).rejects.toBeInstanceOf(StorageError);
  } finally {
    await threads.close();
  }
});
