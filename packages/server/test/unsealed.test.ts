/** Blobs whose inodes came from jobs, as they lie in a directory: see storage/fs/unsealed.ts. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stampOf } from '@quarry/agent/files/door';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { createCollector, type RunFinished } from '../src/jobs/runs/collect.ts';
import { openFsStorage } from '../src/storage/fs/fs-storage.ts';
import { type Storage, StorageClosingError, StorageFullError } from '../src/storage/storage.ts';
import { canMount } from '../testing/can-mount.ts';
import { adoptOne, chunksOf, listed, localFile, sha512Of } from '../testing/suites/blobs.ts';

const MIB = 1024 * 1024;

/** A store in a directory with a place beside it where jobs leave their files. */
async function makeStore() {
  const base = await mkdtempDisposable(join(tmpdir(), 'quarry-unsealed-'));
  const directory = join(base.path, 'store');
  mkdirSync(directory);
  const opened: Storage[] = [];
  return {
    base: base.path,
    directory,
    async open() {
      const storage = await openFsStorage({ directory });
      opened.push(storage);
      return storage;
    },
    /** A file of a job with what a store is told of it. */
    output(bytes: Uint8Array, name = 'out') {
      const path = join(base.path, name);
      writeFileSync(path, bytes);
      return { path, blob: { sha512: sha512Of(bytes), sizeBytes: bytes.length } };
    },
    namesOf(sha512: string) {
      return readdirSync(join(directory, 'blobs', sha512.slice(0, 2))).sort();
    },
    async [Symbol.asyncDispose]() {
      for (const storage of opened) {
        await storage.close();
      }
      await base[Symbol.asyncDispose]();
    },
  };
}

describe('a file of a job', () => {
  test('is moved, and copied once when its bytes come again; its path stays', async () => {
    await using store = await makeStore();
    const storage = await store.open();
    const first = store.output(Buffer.alloc(MIB, 'x'));
    const { ino } = statSync(first.path);
    const { sha512 } = await adoptOne(storage, first.path, first.blob);
    const path = storage.localPath(sha512)!;
    expect([store.namesOf(sha512), statSync(path).ino]).toEqual([[`${sha512}.job`], ino]);
    const second = store.output(Buffer.alloc(MIB, 'x'), 'second');
    await adoptOne(storage, second.path, second.blob);
    expect(store.namesOf(sha512)).toEqual([sha512, `${sha512}.job`]);
    // An agent may have been told of it before.
    const sealed = statSync(path).ino;
    expect([sealed === ino, statSync(storage.localPath(sha512)!).ino]).toEqual([false, sealed]);
    expect(statSync(path).mode & 0o7777).toBe(0o444);
    const third = store.output(Buffer.alloc(MIB, 'x'), 'third');
    await adoptOne(storage, third.path, third.blob);
    expect(statSync(path).ino).toBe(sealed);
  });

  test('keeps its holes when it is copied', async () => {
    await using store = await makeStore();
    const storage = await store.open();
    const bytes = Buffer.alloc(8 * MIB);
    const digest = { sha512: sha512Of(bytes), sizeBytes: bytes.length };
    for (const name of ['one', 'other']) {
      const { path } = store.output(Buffer.alloc(0), name);
      truncateSync(path, bytes.length);
      await adoptOne(storage, path, digest);
    }
    const { size, blocks } = statSync(
      join(store.directory, 'blobs', digest.sha512.slice(0, 2), digest.sha512),
    );
    expect([size, blocks * 512 < MIB]).toEqual([bytes.length, true]);
  });

  test('that a killed server had moved is known by its stamp, and costs no copy', async () => {
    await using store = await makeStore();
    const storage = await store.open();
    const { path, blob } = store.output(Buffer.alloc(MIB, 'y'));
    const stamp = stampOf(statSync(path, { bigint: true }));
    const { ino } = statSync(path);
    const told = { ...localFile(path, blob), stamp };
    await storage.adopt([told]);
    const [again] = await storage.adopt([told]);
    expect(again!.status).toBe('fulfilled');
    expect([store.namesOf(blob.sha512), statSync(storage.localPath(blob.sha512)!).ino]).toEqual([
      [`${blob.sha512}.job`],
      ino,
    ]);
    // Of another one with the same bytes that is gone, the stamp is another.
    const [other] = await storage.adopt([{ ...told, stamp: stamp.replace(/\d+$/, '1') }]);
    expect(other!.status).toBe('fulfilled');
    expect(store.namesOf(blob.sha512)).toContain(blob.sha512);
  });
});

test('a store that is closed leaves what it was to copy, and does not call it lost', async () => {
  await using store = await makeStore();
  const storage = await store.open();
  const bytes = Buffer.alloc(MIB, 'w');
  const first = store.output(bytes);
  await adoptOne(storage, first.path, first.blob);
  const { path, blob } = store.output(bytes, 'second');
  await storage.close();
  await expect(adoptOne(storage, path, blob)).rejects.toBeInstanceOf(StorageClosingError);
  const collector = createCollector({
    storage,
    deliveries: { hold: () => expect.unreachable('Nothing is delivered here.') },
    logger: pino({ enabled: false }),
  });
  const event = {
    ...{ seq: 1, at: '2026-01-05T10:00:00.000Z', type: 'run_finished', runId: '1', outcome: 'success' },
    ...{ failure: null, exitCode: 0, skipped: [], skippedCount: 0, usage: null, variables: [] },
    ...{ unfinished: false, directoryBytes: null },
    outputs: [{ ...blob, path, relativePath: 'second', executable: false, stamp: null }],
  } as unknown as RunFinished;
  await expect(collector.keep([event], () => store.base)).rejects.toBeInstanceOf(StorageClosingError);
  expect([existsSync(path), store.namesOf(blob.sha512)]).toEqual([true, [`${blob.sha512}.job`]]);
});

describe('a crash', () => {
  test('while a blob was being sealed leaves one that is read, listed once, sealed again and removed', async () => {
    await using store = await makeStore();
    const bytes = Buffer.from('of a job');
    const { path, blob } = store.output(bytes);
    const storage = await store.open();
    (await adoptOne(storage, path, blob)).release();
    const place = storage.localPath(blob.sha512)!;
    // The new inode has the first name, and not yet the second.
    const before = join(store.base, 'before');
    renameSync(place, before);
    writeFileSync(place, bytes, { mode: 0o444 });
    expect(await storage.verify(blob.sha512)).toMatchObject({ state: 'intact' });
    (await storage.hold(blob))!.release();
    expect(store.namesOf(blob.sha512)).toEqual([blob.sha512, `${blob.sha512}.job`]);
    // A file of a job that is left beside the sealed one does not count.
    unlinkSync(place);
    renameSync(before, place);
    chmodSync(place, 0o644);
    writeFileSync(place, 'changed!');
    expect(readFileSync(storage.localPath(blob.sha512)!)).toEqual(bytes);
    expect(await listed(storage)).toEqual([blob]);
    (await storage.receive(chunksOf([bytes]))).release();
    expect(readFileSync(place)).toEqual(bytes);
    expect(await storage.remove(blob.sha512)).toBe(true);
    expect(store.namesOf(blob.sha512)).toEqual([]);
  });
});

describe('a store of an earlier version', () => {
  test.each([
    ['counts as held until the host is booted again', (file: string) => file, true],
    [
      'counts as sealed once it has been',
      (file: string) => {
        writeFileSync(file, 'another boot');
        return file;
      },
      false,
    ],
  ])('%s', async (_what, boot, isHeld) => {
    await using store = await makeStore();
    const bytes = Buffer.from('from before');
    const { sha512, sizeBytes } = { sha512: sha512Of(bytes), sizeBytes: bytes.length };
    const place = join(store.directory, 'blobs', sha512.slice(0, 2), sha512);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, bytes);
    const held = openSync(place, 'r+');
    // So that the clock of the file system has gone on.
    while (bornAt(store.base) <= bornAt(place)) {
      /* ticks of up to 4 ms */
    }
    const first = await store.open();
    await first.recover();
    await first.close();
    boot(join(store.directory, 'unsealed-since'));
    const storage = await store.open();
    await storage.recover();
    const { ino } = statSync(place);
    // To change its inode does not make it younger.
    chmodSync(place, 0o444);
    (await storage.hold({ sha512, sizeBytes }))!.release();
    expect(statSync(place).ino !== ino).toBe(isHeld);
    const sealed = statSync(place).ino;
    (await storage.hold({ sha512, sizeBytes }))!.release();
    expect(statSync(place).ino).toBe(sealed);
    writeSync(held, 'EVIL');
    closeSync(held);
    expect(await storage.verify(sha512)).toMatchObject({ state: isHeld ? 'intact' : 'damaged' });
  });
});

/** When a file that is made now was made. */
function bornAt(path: string): bigint {
  if (!statSync(path).isDirectory()) {
    return statSync(path, { bigint: true }).birthtimeNs;
  }
  const probe = join(path, 'probe');
  writeFileSync(probe, '');
  const { birthtimeNs } = statSync(probe, { bigint: true });
  unlinkSync(probe);
  return birthtimeNs;
}

test.skipIf(!canMount())(
  'a full disk leaves everything as it was (needs root, to mount a tmpfs)',
  async () => {
    await using store = await makeStore();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', store.directory]);
    try {
      const storage = await openFsStorage({ directory: store.directory, reserveBytes: 0 });
      const bytes = Buffer.alloc(3 * MIB, 'z');
      const blob = { sha512: sha512Of(bytes), sizeBytes: bytes.length };
      const outputs = join(store.directory, 'outputs');
      mkdirSync(outputs);
      for (const name of ['one', 'other']) {
        writeFileSync(join(outputs, name), bytes);
      }
      const { ino } = statSync(join(outputs, 'one'));
      (await adoptOne(storage, join(outputs, 'one'), blob)).release();
      await expect(adoptOne(storage, join(outputs, 'other'), blob)).rejects.toBeInstanceOf(StorageFullError);
      await expect(storage.hold(blob)).rejects.toBeInstanceOf(StorageFullError);
      expect(statSync(storage.localPath(blob.sha512)!).ino).toBe(ino);
      expect([existsSync(join(outputs, 'other')), readdirSync(join(store.directory, 'incoming'))]).toEqual([
        true,
        [],
      ]);
      linkSync(join(outputs, 'other'), join(outputs, 'name'));
      unlinkSync(join(outputs, 'other'));
      unlinkSync(join(outputs, 'name'));
      // Room was made.
      (await storage.hold(blob))!.release();
      expect(statSync(storage.localPath(blob.sha512)!).ino).not.toBe(ino);
      await storage.close();
    } finally {
      execFileSync('umount', [store.directory]);
    }
  },
);
