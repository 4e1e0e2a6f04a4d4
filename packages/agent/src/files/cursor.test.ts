import { closeSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asOrdinaryUser } from '../../testing/as-ordinary-user.ts';
import { makeDeep } from '../../testing/make-deep.ts';
import { canMount, mount } from '../../testing/mount.ts';
import { StepRefused, TreeCursor } from './cursor.ts';
import { listEntries, openEntry, statOf } from './door.ts';
import { rawOf } from './raw-name.ts';

const DEEP = 2_000;
const LOOK = { access: 0o500 } as const;

function namesIn(cursor: TreeCursor): string[] {
  return [...listEntries(cursor.fd)].map(({ name }) => name as string).sort();
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('TreeCursor', () => {
  test('goes down and up again through any depth with a few descriptors', async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-cursor-'));
    const before = openFiles();
    makeDeep(base.path, DEEP);
    {
      using cursor = new TreeCursor(base.path, LOOK);
      cursor.moveTo(Array.from({ length: DEEP }, () => rawOf('d')));
      expect(namesIn(cursor)).toEqual(['bottom']);
      expect(openFiles() - before).toBeLessThan(40);
      cursor.moveTo([rawOf('d')]);
      expect([cursor.depth, namesIn(cursor)]).toEqual([1, ['d']]);
      cursor.moveTo([]);
      const { ino } = statSync(base.path, { bigint: true });
      expect(statOf(cursor.fd).ino).toBe(ino);
    }
    expect(openFiles()).toBe(before);
    // The tree is too deep for whoever removes the directory of the test.
    const { removeTree } = await import('./remove-tree.ts');
    expect(await removeTree(join(base.path, 'd'))).toEqual({ left: null });
  });

  test('enters no link, and no file', async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-cursor-'));
    mkdirSync(join(base.path, 'real'));
    symlinkSync('real', join(base.path, 'link'));
    symlinkSync(base.path, join(base.path, 'round'));
    writeFileSync(join(base.path, 'file'), '');
    using cursor = new TreeCursor(base.path, LOOK);
    for (const name of ['link', 'round', 'file']) {
      expect(() => cursor.enter(rawOf(name))).toThrow('ENOTDIR');
    }
    expect(() => cursor.enter(rawOf('nothing'))).toThrow('ENOENT');
    cursor.enter(rawOf('real'));
    expect(cursor.depth).toBe(1);
  });

  test('finds its way back from a directory that was moved elsewhere', async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-cursor-'));
    mkdirSync(join(base.path, 'a/b/c'), { recursive: true });
    mkdirSync(join(base.path, 'outside'));
    using cursor = new TreeCursor(join(base.path, 'a'), LOOK);
    cursor.moveTo(['b', 'c'].map(rawOf));
    renameSync(join(base.path, 'a/b/c'), join(base.path, 'outside/c'));
    cursor.leave();
    expect([cursor.depth, namesIn(cursor)]).toEqual([1, []]);
  });

  test('stays in the tree when the way back from its depth is gone', async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-cursor-'));
    mkdirSync(join(base.path, 'tree'));
    makeDeep(join(base.path, 'tree'), 60);
    using cursor = new TreeCursor(join(base.path, 'tree'), LOOK);
    const depths = Array.from({ length: 50 }, () => rawOf('d'));
    cursor.moveTo(depths);
    // The directory that it is in lies outside now, and what was above it has another one of the name.
    renameSync(join(base.path, 'tree', ...depths), join(base.path, 'stolen'));
    const above = join(base.path, 'tree', ...depths.slice(1));
    renameSync(above, join(base.path, 'above'));
    mkdirSync(above);
    expect(() => cursor.leave()).toThrow(StepRefused);
    expect(cursor.depth).toBeLessThan(40);
    const { ino } = statSync(join(base.path, 'tree', ...depths.slice(0, cursor.depth)), { bigint: true });
    expect(statOf(cursor.fd).ino).toBe(ino);
    cursor.moveTo([]);
  });

  test('gives owners the right to look, and takes it back where that is wanted', async () => {
    await asOrdinaryUser(async () => {
      await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-cursor-'));
      mkdirSync(join(base.path, 'a/b'), { recursive: true });
      writeFileSync(join(base.path, 'a/b/x'), '');
      const modes = () => {
        const root = new TreeCursor(base.path, { access: 0 });
        const entry = openEntry(root.fd, rawOf('a'));
        const mode = Number(statOf(entry).mode & 0o777n);
        closeSync(entry);
        root[Symbol.dispose]();
        return mode;
      };
      const { chmodSync } = await import('node:fs');
      chmodSync(join(base.path, 'a/b'), 0);
      chmodSync(join(base.path, 'a'), 0);
      {
        using cursor = new TreeCursor(base.path, { ...LOOK, restoresModes: true });
        cursor.moveTo(['a', 'b'].map(rawOf));
        expect(namesIn(cursor)).toEqual(['x']);
        expect(modes()).toBe(0o500);
      }
      expect(modes()).toBe(0);
      {
        using cursor = new TreeCursor(base.path, { access: 0 });
        cursor.enter(rawOf('a'));
        expect(() => cursor.enter(rawOf('b'))).toThrow('EACCES');
      }
      {
        using cursor = new TreeCursor(base.path, { access: 0o700 });
        cursor.moveTo(['a', 'b'].map(rawOf));
      }
      expect(modes()).toBe(0o700);
    });
  });

  test.skipIf(!canMount())('enters no other file system, not even a part of its own', async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-cursor-'));
    for (const name of ['tree/tmpfs', 'tree/bound', 'outside']) {
      mkdirSync(join(base.path, name), { recursive: true });
    }
    using _small = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', join(base.path, 'tree/tmpfs'));
    using _bound = mount('--bind', join(base.path, 'outside'), join(base.path, 'tree/bound'));
    using cursor = new TreeCursor(join(base.path, 'tree'), LOOK);
    for (const name of ['tmpfs', 'bound']) {
      expect(() => cursor.enter(rawOf(name))).toThrow('another file system is mounted there');
    }
  });
});
