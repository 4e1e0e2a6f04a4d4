import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SSH_PIPES_AT_ONCE } from '../../limits.ts';
import { SparePipes } from './spare-pipes.ts';

/** More than Linux gives to any process. */
const NO_PID = 2 ** 22 + 1;

test('pipes are made many at a time, and each is given once', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-spare-'));
  const spare = new SparePipes(base.path);
  const own = join(base.path, `spare-${process.pid}`);
  const taken = (await Promise.all([spare.take(4), spare.take(4), spare.take(4)])).flat();
  expect(new Set(taken).size).toBe(12);
  expect(taken.every((path) => lstatSync(path).isFIFO())).toBe(true);
  // All of them were made at once.
  expect(readdirSync(own)).toHaveLength(SSH_PIPES_AT_ONCE);
  expect(lstatSync(own).mode & 0o777).toBe(0o700);
  const more = (await Promise.all(Array.from({ length: 8 }, () => spare.take(4)))).flat();
  expect(new Set([...taken, ...more]).size).toBe(44);
  expect(readdirSync(own)).toHaveLength(2 * SSH_PIPES_AT_ONCE);
});

test('what a process has left that is gone goes, and that of another one stays', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-spare-'));
  for (const name of [`spare-${NO_PID}`, `spare-${process.pid}`, 'spare-1', '1']) {
    mkdirSync(join(base.path, name));
  }
  await new SparePipes(base.path).take(1);
  expect(existsSync(join(base.path, `spare-${NO_PID}`))).toBe(false);
  expect(readdirSync(base.path).toSorted()).toEqual(['1', 'spare-1', `spare-${process.pid}`]);
});

test('where none can be made whoever wants some is told, and may ask again', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-spare-'));
  const above = join(base.path, 'later');
  const spare = new SparePipes(above);
  await expect(spare.take(1)).rejects.toThrow('ENOENT');
  mkdirSync(above);
  expect(await spare.take(1)).toHaveLength(1);
});
