/** Many files under one budget of streams. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileObject } from '@quarry/contract';
import { FilesFailedError, NotFoundError, type Progress, type TransferEvent } from '@quarry/sdk';
import { downloadFiles } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { metadataOf, serve } from './byte-server.ts';
import { json, startDouble } from './platform-double.ts';

const MIB = 1024 * 1024;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-files-'));
});
afterEach(() => rm(directory, { recursive: true }));

function contentOf(id: string, bytes: number): Buffer {
  const seed = createHash('sha512').update(id).digest();
  return Buffer.alloc(bytes, seed);
}

/** Files of these sizes, whose ids tell their sizes; those of `missing` have no bytes. */
async function startStore(sizes: readonly number[], missing: readonly number[] = []) {
  const contents = new Map(sizes.map((bytes, index) => [`file${index}`, contentOf(`${index}`, bytes)]));
  let open = 0;
  let most = 0;
  const server = await startDouble((request, response) => {
    const id = /files\/(\w+)\/contents/.exec(request.url)?.[1] ?? '';
    const content = contents.get(id);
    if (content === undefined || missing.includes(Number(id.slice(4)))) {
      return json(response, 404, { detail: `The bytes of ${id} are gone.` });
    }
    open += 1;
    most = Math.max(most, open);
    response.once('close', () => {
      open -= 1;
    });
    setTimeout(() => serve(content, request, response), 2);
  });
  const items = [...contents].map(([id, content]) => ({
    file: { ...metadataOf(content), id, name: id } as FileObject,
    target: join(directory, `dir${content.byteLength % 3}`, id),
  }));
  const check = async (index: number) => {
    const found = await readFile(items[index]!.target);
    return found.equals(contents.get(`file${index}`)!);
  };
  return { ...server, items, check, most: () => most };
}

test('small and large files arrive together, over no more connections than allowed', async () => {
  const sizes = [
    0,
    10,
    3 * MIB,
    4096,
    9 * MIB + 1,
    1,
    MIB,
    MIB + 1,
    ...Array.from({ length: 40 }, () => 4096),
  ];
  await using store = await startStore(sizes);
  const seen: Progress[] = [];
  const events: TransferEvent[] = [];
  const files = await downloadFiles(store.client(), store.items, {
    streams: 3,
    onProgress: (progress) => seen.push(progress),
    onEvent: (event) => events.push(event),
  });
  expect(files.map(({ path }) => path)).toEqual(store.items.map(({ target }) => target));
  expect(files.every(({ verified }) => verified)).toBe(true);
  for (const index of sizes.keys()) {
    expect(await store.check(index)).toBe(true);
  }
  const totalBytes = sizes.reduce((sum, bytes) => sum + bytes, 0);
  expect(seen.at(-1)).toEqual({ transferredBytes: totalBytes, totalBytes });
  expect(events.filter(({ type }) => type === 'done')).toHaveLength(sizes.length);
  expect(store.most()).toBeLessThanOrEqual(3);
  const names = await readdir(directory, { recursive: true });
  expect(names.filter((name) => name.includes('.quarry-'))).toEqual([]);
});

test('a file that fails leaves the others alone, and is named at the end', async () => {
  await using store = await startStore([100, 200, 3 * MIB, 300], [1]);
  await mkdir(join(directory, 'dir0'));
  await writeFile(store.items[3]!.target, 'precious');
  const error = await downloadFiles(store.client(), store.items).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FilesFailedError);
  const { failed, message } = error as FilesFailedError;
  expect(failed.map(({ path }) => path)).toEqual([store.items[1]!.target, store.items[3]!.target]);
  expect(failed[0]!.error).toBeInstanceOf(NotFoundError);
  expect(message).toContain('2 of 4 files failed');
  expect(message).toContain('The bytes of file1 are gone.');
  expect(await store.check(0)).toBe(true);
  expect(await store.check(2)).toBe(true);
});

test('what would meet all files ends them all, however many', async () => {
  let asked = 0;
  await using platform = await startDouble((_request, response) => {
    asked += 1;
    json(response, 401, { detail: 'Who are you?' });
  });
  const metadata = metadataOf(Buffer.alloc(10));
  const items = Array.from({ length: 30_000 }, (_, index) => ({
    file: { ...metadata, id: `file${index}` } as FileObject,
    target: join(directory, `${index}`),
  }));
  const error = await downloadFiles(platform.client(), items, { streams: 2 }).catch(
    (thrown: unknown) => thrown,
  );
  expect((error as FilesFailedError).failed).toHaveLength(30_000);
  expect(asked).toBeLessThan(10);
});

test('files that together do not fit are refused before any is begun', async () => {
  await using store = await startStore([10, 20]);
  for (const item of store.items) {
    item.file = { ...item.file, decryptedSize: 2 ** 51 };
  }
  const call = downloadFiles(store.client(), store.items);
  await expect(call).rejects.toMatchObject({ name: 'LocalFileError', problem: 'disk_full' });
  expect(store.asked).toEqual([]);
});

test('an abort in the middle rejects with its reason and leaves no lock', async () => {
  await using store = await startStore([20 * MIB, 20 * MIB, 100, 200]);
  const abort = new AbortController();
  const call = downloadFiles(store.client(), store.items, {
    streams: 2,
    signal: abort.signal,
    onProgress: ({ transferredBytes }) => transferredBytes > 3 * MIB && abort.abort(new Error('enough')),
  });
  await expect(call).rejects.toThrow('enough');
  const names = await readdir(directory, { recursive: true });
  expect(names.filter((name) => name.endsWith('lock'))).toEqual([]);
});
