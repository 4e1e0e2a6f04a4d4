import { lstat, mkdir, mkdtempDisposable, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from './remove-tree.ts';

test('a tree is removed whole, and links in it lead nowhere', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  await mkdir(join(base.path, 'tree/deep/er'), { recursive: true });
  await mkdir(join(base.path, 'kept'));
  await writeFile(join(base.path, 'kept/file'), 'kept');
  await symlink(join(base.path, 'kept'), join(base.path, 'tree/deep/link'));
  await writeFile(join(base.path, 'tree/deep/er/file'), 'x');
  await removeTree(join(base.path, 'tree'));
  expect(await readdir(base.path)).toEqual(['kept']);
  expect(await readdir(join(base.path, 'kept'))).toEqual(['file']);
  await removeTree(join(base.path, 'tree'));
});

test('other files are reached all the while a large tree is removed', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  const entries = 3000;
  for (let entry = 0; entry < entries; entry++)
    await mkdir(join(base.path, 'tree', String(entry)), { recursive: true });
  let isRemoved = false;
  let looks = 0;
  const removal = removeTree(join(base.path, 'tree')).then(() => {
    isRemoved = true;
  });
  while (!isRemoved) {
    await stat(base.path);
    looks++;
  }
  await removal;
  expect(looks).toBeGreaterThan(entries / 10);
});

test('a removal that is aborted leaves the rest where it is', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  await writeFile(join(base.path, 'file'), 'x');
  await removeTree(base.path, AbortSignal.abort());
  expect((await lstat(join(base.path, 'file'))).isFile()).toBe(true);
});
