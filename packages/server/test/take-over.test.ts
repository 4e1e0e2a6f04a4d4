/** Files of jobs on their way into the store, while somebody may put others in their place. */
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TreeCursor } from '@quarry/agent/files/cursor';
import { entryAt, lookAt, openDirectory, openTrusted, stampOf } from '@quarry/agent/files/door';
import { rawOf } from '@quarry/agent/files/raw-name';
import { asOrdinaryUser } from '@quarry/agent/testing/as-ordinary-user';
import { inMemory, makeDeep } from '@quarry/agent/testing/make-deep';
import { Outside, SECRET, swapWithin } from '@quarry/agent/testing/swapper';
import { describe, expect, test } from 'vitest';
import { BlobDirectories } from '../src/storage/fs/directories.ts';
import { openFsStorage } from '../src/storage/fs/fs-storage.ts';
import { Sources, takeOver } from '../src/storage/fs/take-over.ts';
import { Unsealed } from '../src/storage/fs/unsealed.ts';
import { BlobMismatchError, type HeldBlob, type LocalFile, type Storage } from '../src/storage/storage.ts';
import { listed, sha512Of } from '../testing/suites/blobs.ts';

const isRoot = process.getuid!() === 0;
const OTHER_USER = 65_534;

interface Place extends AsyncDisposable {
  /** The store's. */
  store: string;
  /** That of a cluster, with `work` in it. */
  cluster: string;
  work: string;
  base: string;
}

async function makePlace(within = tmpdir()): Promise<Place> {
  const base = await mkdtempDisposable(join(within, 'quarry-take-over-'));
  const place = { base: base.path, store: join(base.path, 'store'), cluster: join(base.path, 'cluster') };
  const work = join(place.cluster, 'work');
  mkdirSync(work, { recursive: true });
  mkdirSync(place.store);
  return { ...place, work, [Symbol.asyncDispose]: () => base[Symbol.asyncDispose]() };
}

/** A file of the cluster as an agent tells of it once it was hashed. */
function hashed({ cluster }: Place, path: string): LocalFile {
  const bytes = readFileSync(join(cluster, path));
  const stamp = stampOf(lstatSync(join(cluster, path), { bigint: true }));
  return { directory: cluster, path, sha512: sha512Of(bytes), sizeBytes: bytes.length, stamp };
}

async function adopt(storage: Storage, file: LocalFile): Promise<HeldBlob> {
  const [result] = await storage.adopt([file]);
  if (result!.status === 'rejected') {
    throw result!.reason;
  }
  return result!.value;
}

describe('a file that was hashed', () => {
  test('is not taken over once it was changed, even when it looks the same', async () => {
    await using place = await makePlace();
    const storage = await openFsStorage({ directory: place.store });
    const path = join(place.work, 'out');
    writeFileSync(path, 'as hashed');
    const file = hashed(place, 'work/out');
    writeFileSync(path, 'otherwise');
    const refused = await adopt(storage, file).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BlobMismatchError);
    expect((refused as Error).message).toBe(`${path} was changed after it had been hashed.`);
    expect([readFileSync(path, 'utf8'), await listed(storage)]).toEqual(['otherwise', []]);
    // Nor is another one that has its name.
    writeFileSync(path, 'as hashed');
    await expect(adopt(storage, file)).rejects.toBeInstanceOf(BlobMismatchError);
    await adopt(storage, hashed(place, 'work/out'));
    await storage.close();
  });

  test('is not reached through a link, wherever that is on the way', async () => {
    await using place = await makePlace();
    const storage = await openFsStorage({ directory: place.store });
    const outside = new Outside(place.base, ['x']);
    mkdirSync(join(place.work, 'd'));
    writeFileSync(join(place.work, 'd/x'), SECRET);
    const file = { ...hashed(place, 'work/d/x'), stamp: null };
    renameSync(join(place.work, 'd'), join(place.work, 'away'));
    outside.linkAt(join(place.work, 'd'));
    await expect(adopt(storage, file)).rejects.toThrow('is not reached by directories alone');
    renameSync(place.work, join(place.base, 'away'));
    outside.linkAt(place.work);
    await expect(adopt(storage, file)).rejects.toThrow('is not reached by directories alone');
    expect([outside.isUntouched, await listed(storage)]).toEqual([true, []]);
    await storage.close();
  });

  test('goes back when another one was moved in its place between the last look and the move', async () => {
    await using place = await makePlace();
    const outside = new Outside(place.base, ['x']);
    const path = join(place.work, 'x');
    const swaps: Array<() => void> = [
      () => outside.linkAt(path, 'x'),
      () => linkSync(join(outside.path, 'x'), path),
      () => mkdirSync(join(path, 'd'), { recursive: true }),
      () => writeFileSync(path, 'else'),
    ];
    for (const [round, swap] of swaps.entries()) {
      writeFileSync(path, `own ${round}`);
      const file = hashed(place, 'work/x');
      const target = join(place.store, file.sha512.slice(0, 2), file.sha512);
      // The directory of the blob is not there, so that this is asked for between look and move.
      const directories = new BlobDirectories(place.store);
      directories.makeFor = (blob) => {
        mkdirSync(dirname(blob));
        renameSync(path, join(place.base, `own-${round}`));
        swap();
      };
      using sources = new Sources();
      const unsealed = new Unsealed(join(place.store, 'unsealed-since'));
      await expect(takeOver(file, sources, directories, unsealed)).rejects.toThrow(
        'was changed after it had been hashed',
      );
      expect(readdirSync(dirname(target))).toEqual([]);
      renameSync(path, join(place.base, `swapped-${round}`));
    }
    expect(readFileSync(join(outside.path, 'x'), 'utf8')).toBe(SECRET);
    expect(statSync(join(outside.path, 'x')).mode & 0o777).toBe(0o640);
  });

  test('is found again by a process that comes after one that was killed between move and mode', async () => {
    await using place = await makePlace();
    const storage = await openFsStorage({ directory: place.store });
    writeFileSync(join(place.work, 'out'), 'bytes', { mode: 0o666 });
    const file = hashed(place, 'work/out');
    const blob = storage.localPath(file.sha512)!;
    mkdirSync(dirname(blob), { recursive: true });
    renameSync(join(place.work, 'out'), blob);
    if (isRoot) {
      chownSync(blob, OTHER_USER, OTHER_USER);
    }
    await adopt(storage, file);
    expect(statSync(blob)).toMatchObject({ uid: process.getuid!() });
    expect(statSync(blob).mode & 0o7777).toBe(0o444);
    await storage.close();
  });

  test('is taken over from 5,000 directories in one another', async () => {
    await using place = await makePlace(inMemory());
    const storage = await openFsStorage({ directory: place.store });
    makeDeep(place.work, 5_000);
    using cursor = new TreeCursor(place.work, { access: 0o700 });
    cursor.moveTo(Array.from({ length: 5_000 }, () => rawOf('d')));
    const stamp = stampOf(lookAt(cursor.fd, rawOf('bottom'))!);
    const path = `work/${'d/'.repeat(5_000)}bottom`;
    const empty = { sha512: sha512Of(Buffer.alloc(0)), sizeBytes: 0 };
    await adopt(storage, { directory: place.cluster, path, ...empty, stamp });
    expect(existsSync(storage.localPath(empty.sha512)!)).toBe(true);
    expect(lookAt(cursor.fd, rawOf('bottom'))).toBeUndefined();
    expect(entryAt(cursor.fd, rawOf('x'))).toContain('/x');
    await storage.close();
    const { removeTree } = await import('@quarry/agent/files/remove-tree');
    expect(await removeTree(place.work)).toEqual({ left: null });
  });
});

describe('whose it is', () => {
  test.skipIf(!isRoot)(
    'a blob belongs to the store, whoever made the file, and nobody can change it',
    async () => {
      await using place = await makePlace();
      const storage = await openFsStorage({ directory: place.store });
      const path = join(place.work, 'out');
      writeFileSync(path, 'of a job');
      chmodSync(path, 0o6777);
      chownSync(path, OTHER_USER, OTHER_USER);
      const { sha512 } = await adopt(storage, hashed(place, 'work/out'));
      const found = statSync(storage.localPath(sha512)!);
      expect([found.uid, found.gid, found.mode & 0o7777]).toEqual([0, 0, 0o444]);
      await storage.close();
    },
  );

  test.skipIf(!isRoot)(
    'a file of another user is copied by a store that may not make it its own',
    async () => {
      await using place = await asOrdinaryUser(() => makePlace());
      writeFileSync(join(place.work, 'out'), "somebody else's");
      const file = hashed(place, 'work/out');
      await asOrdinaryUser(async () => {
        const storage = await openFsStorage({ directory: place.store });
        const { sha512 } = await adopt(storage, file);
        const found = statSync(storage.localPath(sha512)!);
        expect([found.uid, found.mode & 0o7777]).toEqual([OTHER_USER, 0o444]);
        expect(existsSync(join(place.work, 'out'))).toBe(false);
        await storage.close();
      });
    },
  );

  test('directories that may not be changed, or not even be looked into, are left by their owner', async () => {
    await asOrdinaryUser(async () => {
      await using place = await makePlace();
      const storage = await openFsStorage({ directory: place.store });
      mkdirSync(join(place.work, 'd'));
      for (const name of ['d/a', 'b']) {
        writeFileSync(join(place.work, name), name);
      }
      const files = ['work/d/a', 'work/b'].map((name) => hashed(place, name));
      chmodSync(join(place.work, 'd'), 0);
      chmodSync(place.work, 0o555);
      for (const file of files) {
        await adopt(storage, file);
      }
      expect((await listed(storage)).map(({ sha512 }) => sha512).sort()).toEqual(
        files.map(({ sha512 }) => sha512).sort(),
      );
      chmodSync(place.work, 0o700);
      await storage.close();
    });
  });
});

test.each([
  ['a directory and a link to one outside', 'd', 'link-out'],
  ['a file and a link to one outside', 'd/x', 'link-x'],
])('nothing from outside comes into the store while a process swaps %s', async (_what, one, other) => {
  await using place = await makePlace();
  const storage = await openFsStorage({ directory: place.store });
  const outside = new Outside(place.base, ['x']);
  mkdirSync(join(place.work, 'd'));
  outside.linkAt(join(place.work, 'link-out'));
  outside.linkAt(join(place.work, 'link-x'), 'x');
  // The test puts its files into the directory itself, wherever that is just then.
  const directory = openDirectoryOf(place.work, 'd');
  await using swapper = await swapWithin(place.work, [[one, other]]);
  let taken = 0;
  for (let round = 0; round < 300; round += 1) {
    const content = `own ${String(round).padStart(SECRET.length - 4, '0')}`;
    writeFileSync(entryAt(directory, rawOf('fresh')), content);
    renameSync(entryAt(directory, rawOf('fresh')), entryAt(directory, rawOf('x')));
    const found = lookAt(directory, rawOf('x'));
    const stamp = found?.isFile() ? stampOf(found) : '';
    const file = { directory: place.cluster, path: 'work/d/x', sizeBytes: SECRET.length };
    const digest = sha512Of(Buffer.from(content));
    // Once as an agent tells of it, and once as one that saw no more than a size.
    for (const told of [stamp, null]) {
      const [result] = await storage.adopt([{ ...file, sha512: digest, stamp: told }]);
      if (result!.status === 'fulfilled') {
        taken += 1;
        expect(readFileSync(storage.localPath(digest)!, 'utf8')).not.toBe(SECRET);
        expect(lstatSync(storage.localPath(digest)!).isFile()).toBe(true);
      }
    }
  }
  expect(swapper.isAlive).toBe(true);
  expect(taken).toBeGreaterThan(0);
  expect(outside.isUntouched).toBe(true);
  closeSync(directory);
  await storage.close();
});

function openDirectoryOf(path: string, name: string): number {
  const above = openTrusted(path);
  try {
    return openDirectory(above, rawOf(name));
  } finally {
    closeSync(above);
  }
}
