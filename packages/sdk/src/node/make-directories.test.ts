import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDirectories } from './make-directories.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-directories-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('what is missing is made, and what is there is left alone', async () => {
  const deep = join(directory, 'a', 'b', 'c');
  await Promise.all([makeDirectories(deep), makeDirectories(deep)]);
  await makeDirectories(deep);
  expect((await stat(deep)).isDirectory()).toBe(true);
});

test('a place that takes no directories ends in words, not in an endless loop', async () => {
  await expect(makeDirectories('/proc/quarry/results')).rejects.toThrow(
    'The directory /proc/quarry cannot be made: its file system takes no new directories there.',
  );
});

test('a file on the way is named', async () => {
  await writeFile(join(directory, 'file'), '');
  await expect(makeDirectories(join(directory, 'file', 'below'))).rejects.toThrow(
    `${join(directory, 'file')} is a file, not a directory.`,
  );
});
