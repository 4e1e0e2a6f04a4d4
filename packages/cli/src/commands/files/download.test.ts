import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { type Route, startSmallPlatform } from '../../../testing/small-platform.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-download-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Stored files, each with its id as its content. */
const filesNamed = (names: Record<string, string>): Record<string, Route> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([id, name]): [string, Route][] => [
      [`GET /api/v2/files/${id}/`, () => ({ body: { id, name, decryptedSize: id.length } })],
      [`GET /api/v2/files/${id}/contents/`, () => ({ body: Buffer.from(id) })],
    ]),
  );

test('a name from the platform leads nowhere but into the folder', async () => {
  await using platform = await startSmallPlatform(
    filesNamed({ aaaaaa: '../../escape', bbbbbb: '..', cccccc: 'C:\\x\u001b[2J' }),
  );
  const argv = ['files', 'download', 'aaaaaa', 'bbbbbb', 'cccccc', '--output', join(folder, 'deep', 'er')];
  expect(await runQuarry(argv, platform)).toMatchObject({ exitCode: 0 });
  const drive = process.platform === 'win32' ? 'C__x_[2J' : 'C:\\x_[2J';
  expect((await readdir(join(folder, 'deep', 'er'))).toSorted()).toEqual(['_', drive, 'escape'].toSorted());
  expect(await readdir(folder)).toEqual(['deep']);
});

test('two files of one name are refused before either is there, also with --force', async () => {
  await using platform = await startSmallPlatform(filesNamed({ aaaaaa: 'mesh.inp', bbbbbb: 'mesh.inp' }));
  const argv = ['files', 'download', 'aaaaaa', 'bbbbbb', '--force', '--output', folder];
  const { exitCode, stderr } = await runQuarry(argv, platform);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('aaaaaa and bbbbbb are both called mesh.inp.');
  expect(await readdir(folder)).toEqual([]);
});

test('a file that is there is kept without --force', async () => {
  await using platform = await startSmallPlatform(filesNamed({ aaaaaa: 'mesh.inp', bbbbbb: 'mesh.inp' }));
  const download = (...more: string[]) =>
    runQuarry(['files', 'download', '--output', folder, ...more], platform);
  expect((await download('aaaaaa')).exitCode).toBe(0);
  const { exitCode, stderr } = await download('bbbbbb');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--force');
  expect(await readFile(join(folder, 'mesh.inp'), 'utf8')).toBe('aaaaaa');
  expect((await download('bbbbbb', '--force')).exitCode).toBe(0);
  expect(await readFile(join(folder, 'mesh.inp'), 'utf8')).toBe('bbbbbb');
});

test('--output that is a file, or a place that takes no folder, is refused with exit code 2', async () => {
  await using platform = await startSmallPlatform(filesNamed({ aaaaaa: 'mesh.inp' }));
  const file = join(folder, 'file');
  await writeFile(file, '');
  const download = (output: string) =>
    runQuarry(['files', 'download', 'aaaaaa', '--output', output], platform);
  expect(await download(file)).toMatchObject({
    exitCode: 2,
    stderr: `error: ${file} is a file; --output takes a folder.\nName a folder, new or not.\n`,
  });
  expect(await download('/proc/quarry')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('The directory /proc/quarry cannot be made'),
  });
});

test.each([['show'], ['cat'], ['download'], ['delete']])(
  'files %s names the file that there is not',
  async (verb) => {
    await using platform = await startSmallPlatform({});
    const { exitCode, stderr } = await runQuarry(['files', verb, 'nobody'], platform);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('error: File "nobody": Not found.');
  },
);
