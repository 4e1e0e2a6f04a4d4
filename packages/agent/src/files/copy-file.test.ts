import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable, open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyInto } from './copy-file.ts';
import { openTrusted } from './door.ts';
import { rawOf } from './raw-name.ts';

const MIB = 1024 * 1024;
const BLOCK_BYTES = 512;

test('a copy of a sparse file has the same bytes and is as sparse', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-copy-'));
  const path = join(base.path, 'sparse');
  await using file = await open(path, 'w');
  for (const position of [0, 5 * MIB + 17, 40 * MIB]) {
    await file.write(`bytes at ${position}`, position);
  }
  await file.truncate(64 * MIB + 5);
  await copy(base.path, 'sparse', 'copy');
  expect(readFileSync(join(base.path, 'copy')).equals(readFileSync(path))).toBe(true);
  expect(statSync(join(base.path, 'copy')).blocks * BLOCK_BYTES).toBeLessThan(MIB);
});

test('a copy can be read by its owner whatever the mode of the file is', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-copy-'));
  writeFileSync(join(base.path, 'file'), 'secret', { mode: 0o400 });
  await copy(base.path, 'file', 'copy');
  expect(statSync(join(base.path, 'copy')).mode & 0o777).toBe(0o600);
});

test('a copy takes the place of nothing, and one that is broken off leaves nothing', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-copy-'));
  writeFileSync(join(base.path, 'file'), 'new');
  writeFileSync(join(base.path, 'taken'), 'old');
  await expect(copy(base.path, 'file', 'taken')).rejects.toThrow('EEXIST');
  expect(readFileSync(join(base.path, 'taken'), 'utf8')).toBe('old');
  writeFileSync(join(base.path, 'large'), '');
  truncateSync(join(base.path, 'large'), 1024 * 1024 * MIB);
  const stopped = new Error('enough');
  const copying = copy(base.path, 'large', 'copy', AbortSignal.timeout(100));
  await expect(copying).rejects.toThrow();
  await expect(copy(base.path, 'large', 'copy', AbortSignal.abort(stopped))).rejects.toBe(stopped);
  expect((await readdir(base.path)).sort()).toEqual(['file', 'large', 'taken']);
});

async function copy(directory: string, from: string, to: string, signal?: AbortSignal): Promise<void> {
  const source = openSync(join(directory, from), 'r');
  const target = openTrusted(directory);
  try {
    await copyInto(source, target, rawOf(to), { signal });
  } finally {
    closeSync(source);
    closeSync(target);
  }
}
