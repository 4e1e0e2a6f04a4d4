import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asOrdinaryUser, runAsOrdinaryUser } from '../../testing/as-ordinary-user.ts';
import { inMemory, makeDeep } from '../../testing/make-deep.ts';
import { canMount, mount } from '../../testing/mount.ts';
import { removeTree } from './remove-tree.ts';

test('a tree is removed whole, and links in it lead nowhere', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  mkdirSync(join(base.path, 'tree/deep/er'), { recursive: true });
  mkdirSync(join(base.path, 'kept'));
  writeFileSync(join(base.path, 'kept/file'), 'kept');
  symlinkSync(join(base.path, 'kept'), join(base.path, 'tree/deep/link'));
  symlinkSync(join(base.path, 'kept'), join(base.path, 'link'));
  writeFileSync(join(base.path, 'tree/deep/er/file'), 'x');
  execFileSync('mkfifo', [join(base.path, 'tree/pipe')]);
  for (const name of ['tree', 'link', 'tree', 'never/there']) {
    expect(await removeTree(join(base.path, name))).toEqual({ left: null });
  }
  expect(readdirSync(base.path)).toEqual(['kept']);
  expect(readdirSync(join(base.path, 'kept'))).toEqual(['file']);
});

test.each([
  ['names that are no text', `touch $'bad\\xff'; mkdir $'d\\xfe'; touch $'d\\xfe/f'`],
  ['a path that is too long to be named', 'for i in $(seq 40); do mkdir $N; cd $N; done; touch x'],
  ['directories without permissions', 'mkdir -p a/b/c; touch a/b/c/x; chmod 0 a/b/c a/b a'],
  ['a directory that may only be read', 'touch x; mkdir d; touch d/y; chmod 555 d .'],
  ['a directory that may not even be read', 'touch x; chmod 0 .'],
  ['12,000 files in one directory', 'seq 12000 | xargs touch'],
])('whoever is not root removes %s', async (_what, command) => {
  await using base = await asOrdinaryUser(() => mkdtempDisposable(join(tmpdir(), 'quarry-remove-')));
  const tree = join(base.path, 'tree');
  await asOrdinaryUser(() => mkdirSync(tree));
  runAsOrdinaryUser(`N=${'n'.repeat(200)}; ${command}`, tree);
  expect(await asOrdinaryUser(() => removeTree(tree))).toEqual({ left: null });
  expect(existsSync(tree)).toBe(false);
});

test('20,000 directories in one another are removed', async () => {
  await using base = await mkdtempDisposable(join(inMemory(), 'quarry-remove-'));
  mkdirSync(join(base.path, 'tree'));
  makeDeep(join(base.path, 'tree'), 20_000);
  expect(await removeTree(join(base.path, 'tree'))).toEqual({ left: null });
  expect(readdirSync(base.path)).toEqual([]);
});

test.skipIf(process.getuid!() !== 0)('what cannot be removed is told, and all else is gone', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  chmodSync(base.path, 0o777);
  // Another user's directory, into which the one who removes may not look.
  mkdirSync(join(base.path, 'theirs'), { mode: 0o700 });
  writeFileSync(join(base.path, 'theirs/file'), '');
  await asOrdinaryUser(async () => {
    mkdirSync(join(base.path, 'tree/a/b'), { recursive: true });
    mkdirSync(join(base.path, 'tree/z'));
    writeFileSync(join(base.path, 'tree/a/b/c'), '');
  });
  execFileSync('mv', [join(base.path, 'theirs'), join(base.path, 'tree/a/theirs')]);
  const { left } = await asOrdinaryUser(() => removeTree(join(base.path, 'tree')));
  expect(left).toBe('tree/a/theirs: permission denied (EACCES)');
  expect(execFileSync('find', ['tree', '-type', 'd'], { cwd: base.path, encoding: 'utf8' })).toBe(
    'tree\ntree/a\ntree/a/theirs\n',
  );
  expect(await removeTree(join(base.path, 'tree'))).toEqual({ left: null });
});

test.skipIf(!canMount())('what is mounted inside is left alone', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  mkdirSync(join(base.path, 'tree/bound'), { recursive: true });
  mkdirSync(join(base.path, 'host'));
  writeFileSync(join(base.path, 'host/file'), '');
  {
    using _ = mount('--bind', join(base.path, 'host'), join(base.path, 'tree/bound'));
    expect((await removeTree(join(base.path, 'tree'))).left).toContain(
      'another file system is mounted there',
    );
  }
  expect(readdirSync(join(base.path, 'host'))).toEqual(['file']);
});

test('others get their turn all the while a large tree is removed', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  const entries = 3_000;
  for (let entry = 0; entry < entries; entry++) {
    mkdirSync(join(base.path, 'tree', String(entry)), { recursive: true });
  }
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
  expect(looks).toBeGreaterThan(10);
});

test('a removal that is aborted leaves the rest where it is', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  for (let entry = 0; entry < 3_000; entry++) {
    mkdirSync(join(base.path, 'tree', String(entry)), { recursive: true });
  }
  const { left } = await removeTree(join(base.path, 'tree'), AbortSignal.abort());
  expect(left).toBe('the removal was broken off');
  expect(readdirSync(join(base.path, 'tree')).length).toBeGreaterThan(0);
});

test('nothing outside is removed while somebody puts links in the place of directories', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-remove-'));
  mkdirSync(join(base.path, 'outside'));
  const kept = Array.from({ length: 50 }, (_, index) => `file ${index}`);
  for (const name of kept) {
    writeFileSync(join(base.path, 'outside', name), '');
  }
  mkdirSync(join(base.path, 'trees'));
  const swapping = `while :; do mkdir -p tree/a/b tree/c; touch tree/a/b/x; rm -rf tree/a
    ln -s ../../outside tree/a; rm -f tree/a; mkdir -p tree/a; mv tree/a tree/c/; ln -s ../../outside tree/a; rm -rf tree/a
    rm -rf tree; ln -s ../outside tree; rm -f tree; done`;
  const swapper = spawn('bash', ['-c', swapping], { cwd: join(base.path, 'trees'), stdio: 'ignore' });
  try {
    for (let round = 0; round < 3_000; round += 1) {
      await removeTree(join(base.path, 'trees/tree'));
    }
  } finally {
    swapper.kill('SIGKILL');
    await once(swapper, 'exit');
  }
  expect(readdirSync(join(base.path, 'outside')).sort()).toEqual(kept.sort());
});
