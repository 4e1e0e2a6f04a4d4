/** Runs that go on from what another run has left: single files, or a snapshot of its work directory. */
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RestoredFile } from '@quarry/contract';
import { expect, test } from 'vitest';
import { rawOf } from '../src/files/raw-name.ts';
import { takeSnapshot } from '../src/snapshots/take-snapshot.ts';
import { logTexts, TestPlatform } from './platform.ts';

const namesOf = (run: { outputs: { relativePath: string }[] }) =>
  run.outputs.map(({ relativePath }) => relativePath).filter((name) => name !== 'process_output.log');

/** What a run goes on from: the snapshot of a directory that `make` fills. */
function snapshotOf(platform: TestPlatform, make: (work: string) => void): RestoredFile {
  const root = join(platform.directory, 'before');
  const work = join(root, 'home', 'work');
  mkdirSync(work, { recursive: true });
  make(work);
  const archive = join(platform.directory, 'snapshot.tar');
  const { sha512, sizeBytes } = takeSnapshot({
    root,
    names: ['home', 'work'].map(rawOf),
    archive,
    clones: join(platform.directory, 'clones'),
    globs: null,
    limits: { entries: 1000, fileBytes: 2 ** 40, spareBytes: 0 },
  });
  return {
    ...fileOf(platform, ''),
    name: 'snapshot.tar',
    relativePath: null,
    path: archive,
    sha512,
    sizeBytes,
  };
}

function fileOf(platform: TestPlatform, bytes: string, rest: Partial<RestoredFile> = {}): RestoredFile {
  return {
    ...platform.input('file', bytes),
    decompress: false,
    relativePath: 'file',
    executable: false,
    modifiedAt: null,
    ...rest,
  };
}

test('a run begins in the work directory of a snapshot: names, permissions and links are as they were', async () => {
  await using platform = await new TestPlatform().start();
  const restored = snapshotOf(platform, (work) => {
    mkdirSync(join(work, 'fields', 'deep'), { recursive: true });
    mkdirSync(join(work, 'empty'));
    writeFileSync(join(work, 'fields', 'deep', 'p.dat'), '1 2 3');
    writeFileSync(join(work, 'solver'), '#!/bin/sh\necho solved');
    chmodSync(join(work, 'solver'), 0o755);
    writeFileSync(join(work, 'plain'), 'plain');
    chmodSync(join(work, 'plain'), 0o644);
    linkSync(join(work, 'plain'), join(work, 'twin'));
    symlinkSync('fields/deep/p.dat', join(work, 'latest'));
    symlinkSync('/usr/share', join(work, 'out'));
    writeFileSync(Buffer.concat([Buffer.from(`${work}/bad-`), Buffer.from([0xff])]), 'no text');
    writeFileSync(join(work, 'process_output.log'), 'the log of before');
  });
  const run = await platform.run(
    [
      `cat latest; echo; ./solver; [ -x plain ] && echo executable; [ -d empty ] && echo there
       readlink out; cat $'bad-\\xff'; echo; echo more >> fields/deep/p.dat; cat twin; echo`,
    ],
    { restored: [restored] },
  );
  expect(logTexts(run.log).map((line) => line.trim())).toEqual(
    expect.arrayContaining(['1 2 3', 'solved', 'there', '/usr/share', 'no text', 'plain']),
  );
  expect(run.log).not.toMatch(/: executable$|the log of before/m);
  expect(run.outcome).toBe('success');
  // The links to what is no file or outside are told, as always.
  expect(namesOf(run).sort()).toEqual([
    '%bytes=bad-%FF',
    'fields/deep/p.dat',
    'latest',
    'plain',
    'solver',
    'twin',
  ]);
  expect(run.outputs.find(({ relativePath }) => relativePath === 'solver')!.executable).toBe(true);
});

test('what is restored takes the place of inputs that came along, and new inputs take its place', async () => {
  await using platform = await new TestPlatform().start();
  const restored = snapshotOf(platform, (work) => {
    for (const name of ['same', 'changed', 'replaced']) {
      writeFileSync(join(work, name), `${name} of the snapshot`);
    }
  });
  const inputs = [
    platform.input('same', 'same of the snapshot'),
    platform.input('changed', 'as it came'),
    platform.input('replaced', 'a new one', { replacesRestored: true }),
  ];
  const run = await platform.run(['cat same; echo; cat changed; echo; cat replaced; echo'], {
    inputs,
    restored: [restored],
  });
  expect(logTexts(run.log).map((line) => line.trim())).toEqual(
    expect.arrayContaining(['same of the snapshot', 'changed of the snapshot', 'a new one']),
  );
  expect(namesOf(run)).toEqual(['changed']);
});

test('an input of the same length is replaced from where it differs on', async () => {
  await using platform = await new TestPlatform().start();
  const before = 'x'.repeat(3_000_000);
  const after = `${'x'.repeat(2_999_999)}y`;
  const restored = snapshotOf(platform, (work) => writeFileSync(join(work, 'field'), after));
  const run = await platform.run(['sha512sum field'], {
    inputs: [platform.input('field', before, { decompress: false })],
    restored: [restored],
  });
  expect(namesOf(run)).toEqual(['field']);
  const [output] = run.outputs.filter(({ relativePath }) => relativePath === 'field');
  expect(readFileSync(output!.path, 'utf8') === after).toBe(true);
});

test('single files come to the paths that they had, also where these are no text', async () => {
  await using platform = await new TestPlatform().start();
  const restored = [
    fileOf(platform, 'state', { relativePath: 'a/b/state.chk', modifiedAt: '2020-01-02T03:04:05.000Z' }),
    fileOf(platform, '#!/bin/sh\necho run', { relativePath: 'run.sh', executable: true }),
    fileOf(platform, 'odd', { relativePath: '%bytes=odd-%FE' }),
  ];
  const run = await platform.run(
    [`cat a/b/state.chk; echo; ./run.sh; cat $'odd-\\xfe'; echo; date -u -r a/b/state.chk +%F`],
    {
      restored,
    },
  );
  expect(logTexts(run.log).map((line) => line.trim())).toEqual(
    expect.arrayContaining(['state', 'run', 'odd', '2020-01-02']),
  );
  expect(namesOf(run).sort()).toEqual(['%bytes=odd-%FE', 'a/b/state.chk', 'run.sh']);
});

test('a path that leads out of the work directory is refused, and nothing is put there', async () => {
  await using platform = await new TestPlatform().start();
  for (const relativePath of ['../../out', '/tmp/quarry-out', 'a/../../out']) {
    const run = await platform.run(['true'], { restored: [fileOf(platform, 'x', { relativePath })] });
    expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'restore_failed' } });
  }
});

test('no link of a snapshot carries what comes after it away', async () => {
  await using platform = await new TestPlatform().start();
  const target = join(platform.directory, 'target');
  mkdirSync(target);
  const archive = join(platform.directory, 'evil.tar');
  const tree = join(platform.directory, 'tree');
  mkdirSync(tree);
  symlinkSync(target, join(tree, 'way'));
  execFileSync('tar', ['-cf', archive, '-C', tree, 'way']);
  mkdirSync(join(platform.directory, 'tree-2', 'way'), { recursive: true });
  writeFileSync(join(platform.directory, 'tree-2', 'way', 'file'), 'carried away');
  execFileSync('tar', ['-rf', archive, '-C', join(platform.directory, 'tree-2'), 'way/file']);
  const run = await platform.run(['cat way/file; echo'], {
    restored: [{ ...fileOf(platform, ''), relativePath: null, path: archive }],
  });
  expect(logTexts(run.log).map((line) => line.trim())).toContain('carried away');
  expect(() => readFileSync(join(target, 'file'))).toThrow(/ENOENT/);
});

test('a snapshot that is cut off is refused in words', async () => {
  await using platform = await new TestPlatform().start();
  const restored = snapshotOf(platform, (work) => writeFileSync(join(work, 'field'), 'x'.repeat(100_000)));
  const cut = join(platform.directory, 'cut.tar');
  writeFileSync(cut, readFileSync(restored.path!).subarray(0, 50_000));
  const run = await platform.run(['true'], { restored: [{ ...restored, path: cut }] });
  expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'restore_failed' } });
});
