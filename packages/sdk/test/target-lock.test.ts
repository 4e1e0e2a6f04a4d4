/** Two transfers never write one target, whatever the path and whichever Node each has. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeHolderLock } from '../src/node/download/holder-lock.ts';
import { lockTarget } from '../src/node/download/target-lock.ts';

const TARGET_LOCK = new URL('../src/node/download/target-lock.ts', import.meta.url).href;
const HOLD = `import { lockTarget } from '${TARGET_LOCK}';
await lockTarget('target', process.argv[1]);
console.log('held');
setInterval(() => {}, 1000);`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid!;
}

const holder = (pid: number, startedAt: string | null) =>
  JSON.stringify({ pid, startedAt, host: hostname() });

test('a path that is longer than SQLite takes is locked, and left clean', async () => {
  const deep = join(directory, ...Array.from({ length: 4 }, () => 'd'.repeat(200)));
  await mkdir(deep, { recursive: true });
  const lockPath = join(deep, 'lock');
  const lock = await lockTarget('target', lockPath);
  expect(await takeHolderLock('target', lockPath)).toBeNull();
  expect(await readdir(deep)).toEqual(['lock']);
  await lock.release();
  expect(await readdir(deep)).toEqual([]);
});

test('a lock that a Node without SQLite holds is respected by one with it, and taken over from the dead', async () => {
  const lockPath = join(directory, 'lock');
  const unlock = await takeHolderLock('target', lockPath);
  await expect(lockTarget('target', lockPath)).rejects.toMatchObject({ problem: 'busy' });
  await unlock!();
  await writeFile(lockPath, holder(await deadProcess(), null));
  const lock = await lockTarget('target', lockPath);
  await lock.release();
  expect(await readdir(directory)).toEqual([]);
});

test('a lock of SQLite is respected by a Node without it', {
  skip: process.platform !== 'linux',
}, async () => {
  const lockPath = join(directory, 'lock');
  // By a process of its own: the kernel drops the locks of one that closes the file anywhere.
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HOLD, lockPath]);
  await once(child.stdout, 'data');
  expect(await takeHolderLock('target', lockPath)).toBeNull();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readFile(lockPath, 'utf8')).toBe('');
  const unlock = await takeHolderLock('target', lockPath);
  expect(unlock).not.toBeNull();
  await unlock!();
});

test('a dead holder’s number that another process has now is no holder', async () => {
  const lockPath = join(directory, 'lock');
  await writeFile(lockPath, holder(process.pid, 'another moment'));
  const unlock = await takeHolderLock('target', lockPath);
  expect(JSON.parse(await readFile(lockPath, 'utf8'))).toMatchObject({ pid: process.pid });
  await unlock!();
  await writeFile(lockPath, JSON.stringify({ pid: 1, startedAt: null, host: 'elsewhere' }));
  expect(await takeHolderLock('target', lockPath)).toBeNull();
});
