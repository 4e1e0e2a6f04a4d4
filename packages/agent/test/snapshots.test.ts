/** Snapshots of work directories that go on changing, read back by GNU tar. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rawOf } from '../src/files/raw-name.ts';
import { removeTree } from '../src/files/remove-tree.ts';
import { matcherOf } from '../src/snapshots/globs.ts';
import { type SnapshotOrder, takeSnapshot } from '../src/snapshots/take-snapshot.ts';
import { makeDeep } from '../testing/make-deep.ts';

const LIMITS = { entries: 1000, fileBytes: 2 ** 40, spareBytes: 0 };

let base: string;
let work: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'quarry-snapshot-'));
  work = join(base, 'home', 'work');
  mkdirSync(work, { recursive: true });
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function order(change: Partial<SnapshotOrder> = {}): SnapshotOrder {
  return {
    root: base,
    names: ['home', 'work'].map(rawOf),
    archive: join(base, 'snapshot.tar'),
    clones: join(base, 'clones'),
    globs: null,
    limits: LIMITS,
    ...change,
  };
}

function unpack(): string {
  const to = join(base, 'unpacked');
  mkdirSync(to);
  execFileSync('tar', ['-xpf', join(base, 'snapshot.tar'), '-C', to]);
  return to;
}

test('a snapshot has every file with its bytes, modes, links and names, and its digest is that of the archive', () => {
  mkdirSync(join(work, 'deep', 'er'), { recursive: true });
  mkdirSync(join(work, 'empty'));
  writeFileSync(join(work, 'deep', 'er', 'field.dat'), 'pressure');
  writeFileSync(join(work, 'solver'), '#!/bin/sh');
  chmodSync(join(work, 'solver'), 0o755);
  linkSync(join(work, 'solver'), join(work, 'solver-2'));
  symlinkSync('deep/er/field.dat', join(work, 'latest'));
  symlinkSync('/etc/passwd', join(work, 'out'));
  writeFileSync(join(work, 'ä'.repeat(60)), 'a long name');
  const bad = Buffer.concat([Buffer.from(`${work}/bad-`), Buffer.from([0xff, 0xfe])]);
  writeFileSync(bad, 'a name that is no text');

  const taken = takeSnapshot(order());

  expect(taken).toMatchObject({ fileCount: 5, changedCount: 0, skippedCount: 0 });
  expect(taken.sizeBytes).toBe(statSync(join(base, 'snapshot.tar')).size);
  const sum = execFileSync('sha512sum', [join(base, 'snapshot.tar')], { encoding: 'utf8' });
  expect(sum.startsWith(taken.sha512)).toBe(true);
  const unpacked = unpack();
  expect(readFileSync(join(unpacked, 'deep', 'er', 'field.dat'), 'utf8')).toBe('pressure');
  expect(statSync(join(unpacked, 'solver')).mode & 0o777).toBe(0o755);
  expect(statSync(join(unpacked, 'solver')).ino).toBe(statSync(join(unpacked, 'solver-2')).ino);
  expect(readlinkSync(join(unpacked, 'latest'))).toBe('deep/er/field.dat');
  expect(readlinkSync(join(unpacked, 'out'))).toBe('/etc/passwd');
  expect(statSync(join(unpacked, 'empty')).isDirectory()).toBe(true);
  const names = readdirSync(unpacked, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
  expect(names.sort()).toEqual(
    readdirSync(work, { encoding: 'buffer' })
      .map((name) => name.toString('latin1'))
      .sort(),
  );
});

test('a file that is written to all the while is told, and is in the archive with as many bytes as it had', async () => {
  writeFileSync(join(work, 'calm.dat'), 'calm');
  const growing = join(work, 'growing.log');
  writeFileSync(growing, Buffer.alloc(8 * 1024 * 1024, 'x'));
  const writer = spawn('bash', ['-c', 'while :; do echo more >> "$1"; done', 'bash', growing]);
  try {
    const size = statSync(growing).size;
    while (statSync(growing).size === size) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const taken = takeSnapshot(order());
    expect(taken.changed).toEqual(['growing.log']);
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
  const unpacked = unpack();
  expect(readFileSync(join(unpacked, 'calm.dat'), 'utf8')).toBe('calm');
  expect(statSync(join(unpacked, 'growing.log')).size).toBeGreaterThan(8 * 1024 * 1024);
});

test('what is no file is told with its reason, and nobody is waited for at a pipe', () => {
  execFileSync('mkfifo', [join(work, 'pipe')]);
  writeFileSync(join(work, 'result'), '1');
  expect(takeSnapshot(order())).toMatchObject({
    fileCount: 1,
    skipped: [{ relativePath: 'pipe', reason: 'it is a named pipe' }],
    skippedCount: 1,
  });
});

test('no link is followed: neither one in the work directory nor one in its place', () => {
  mkdirSync(join(base, 'secret'));
  writeFileSync(join(base, 'secret', 'key'), 'secret');
  symlinkSync(join(base, 'secret'), join(work, 'way'));
  expect(takeSnapshot(order())).toMatchObject({ fileCount: 0 });
  expect(readFileSync(join(base, 'snapshot.tar'), 'latin1')).not.toContain('secret\0secret');
  rmSync(work, { recursive: true });
  symlinkSync(join(base, 'secret'), work);
  expect(() => takeSnapshot(order({ archive: join(base, 'second.tar') }))).toThrow(
    /has removed the work directory/,
  );
});

test('globs take the files that they name, at any depth where they are names alone', () => {
  mkdirSync(join(work, 'a', 'b'), { recursive: true });
  for (const path of ['restart.chk', 'a/b/old.chk', 'a/mesh.vtu', 'a/b/field.dat']) {
    writeFileSync(join(work, path), path);
  }
  expect(takeSnapshot(order({ globs: ['*.chk', 'a/*.vtu'] }))).toMatchObject({ fileCount: 3 });
  const listed = execFileSync('tar', ['-tf', join(base, 'snapshot.tar')], { encoding: 'utf8' });
  expect(listed.trim().split('\n')).toEqual(['a/b/old.chk', 'a/mesh.vtu', 'restart.chk']);
});

test.each([
  ['*.chk', 'x/y.chk', true],
  ['x/*.chk', 'x/y.chk', true],
  ['x/*.chk', 'x/z/y.chk', false],
  ['x/**', 'x/z/y.chk', true],
  ['x', 'x/z/y.chk', true],
  ['x/', 'x', false],
  ['x/', 'a/x/y', true],
  ['./x/y', 'x/y', true],
  ['**', 'x/y', true],
  ['x/**', 'x', false],
  ['x/**/y', 'x/y', true],
  ['x/**/y', 'x/a/b/y/z', true],
  ['**/y/*.chk', 'a/b/y/1.chk', true],
  ['state-?.chk', 'state-10.chk', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['{a,b}', 'a', false],
  ['.*', 'd/.hidden', true],
])('the glob %s and the path %s', (glob, path, expected) => {
  expect(matcherOf([glob])(path)).toBe(expected);
});

test('a pattern that is made to take for ever does not', () => {
  const name = 'a'.repeat(255);
  expect(matcherOf([`${'*a'.repeat(2000)}b`])(name)).toBe(false);
  expect(matcherOf([`${'**/a/'.repeat(800)}b`])(Array(2000).fill('a').join('/'))).toBe(false);
  expect(matcherOf(['+(+(+(a)))b'])(name)).toBe(false);
});

test('holes of a sparse file take no space in the archive, and come back as zeros', () => {
  writeFileSync(join(work, 'sparse'), 'begin');
  truncateSync(join(work, 'sparse'), 64 * 1024 * 1024);
  const { sizeBytes } = takeSnapshot(order());
  const { blocks } = statSync(join(base, 'snapshot.tar'));
  expect(sizeBytes).toBeGreaterThan(64 * 1024 * 1024);
  expect(blocks * 512).toBeLessThan(4 * 1024 * 1024);
  const bytes = readFileSync(join(unpack(), 'sparse'));
  expect(bytes.length).toBe(64 * 1024 * 1024);
  expect(bytes.subarray(0, 5).toString()).toBe('begin');
  expect(bytes.subarray(5).every((byte) => byte === 0)).toBe(true);
});

test('a tree that is too deep for paths is taken as far as paths go, and the rest is told', async () => {
  writeFileSync(join(work, 'above'), 'above');
  makeDeep(work, 3000);
  const taken = takeSnapshot(order({ limits: { ...LIMITS, entries: 10_000 } }));
  expect(taken).toMatchObject({ fileCount: 1, skippedCount: 1 });
  expect(taken.skipped[0]!.reason).toContain('longer than 4096 bytes');
  expect(taken.sizeBytes).toBeLessThan(16 * 1024 * 1024);
  expect(await removeTree(work)).toEqual({ left: null });
});

test('more entries than a snapshot takes, and a disk without room, are refused in words', () => {
  for (let number = 0; number < 20; number += 1) {
    writeFileSync(join(work, String(number)), '');
  }
  expect(() => takeSnapshot(order({ limits: { ...LIMITS, entries: 10 } }))).toThrow(/more than 10 entries/);
  expect(() =>
    takeSnapshot(order({ archive: join(base, 'second.tar'), limits: { ...LIMITS, spareBytes: 2 ** 60 } })),
  ).toThrow(/no space/);
});
