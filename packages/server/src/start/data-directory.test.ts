import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockDataDirectory, prepareDataDirectory } from './data-directory.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a new data directory is made for its owner only, parents included', async () => {
  const data = join(folder, 'a', 'b', 'data');
  await prepareDataDirectory(data);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
});

test('a directory with a site’s settings is taken, one with other things is refused and left alone', async () => {
  const prepared = join(folder, 'prepared');
  await mkdir(join(prepared, 'catalog'), { recursive: true });
  await writeFile(join(prepared, 'quarry.toml'), '');
  await prepareDataDirectory(prepared);
  const foreign = join(folder, 'foreign');
  await mkdir(foreign, { mode: 0o755 });
  await writeFile(join(foreign, 'thesis.tex'), '');
  await expect(prepareDataDirectory(foreign)).rejects.toThrow(/holds other things \(thesis\.tex/);
  expect((await stat(foreign)).mode & 0o777).toBe(0o755);
});

test.each([
  ['a file', () => join(folder, 'prepared', 'quarry.toml'), /is a file/],
  ['below a file', () => join(folder, 'prepared', 'quarry.toml', 'x'), /cannot be used/],
  ['where nobody can make one', () => '/proc/quarry/data', /cannot be used/],
])('%s is refused in words', async (_what, path, words) => {
  await expect(prepareDataDirectory(path())).rejects.toThrow(words);
});

test('a locked directory has one holder until that lets go', async () => {
  const paths = await prepareDataDirectory(join(folder, 'locked'));
  const unlock = lockDataDirectory(paths);
  expect(() => lockDataDirectory(paths)).toThrow(/Another server works on this data directory/);
  unlock();
  lockDataDirectory(paths)();
});

test('a lock that fails for another reason does not speak of another server', async () => {
  const paths = await prepareDataDirectory(join(folder, 'damaged'));
  await writeFile(paths.lock, 'no database'.repeat(100));
  expect(() => lockDataDirectory(paths)).toThrow(/file is not a database/);
});

test('a directory that was there before, open to others, is closed to them', async () => {
  const data = join(folder, 'open');
  await mkdir(data);
  await chmod(data, 0o755);
  await prepareDataDirectory(data);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
});
