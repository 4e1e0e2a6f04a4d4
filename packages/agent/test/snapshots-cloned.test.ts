/** Snapshots where the file system can share bytes. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rawOf } from '../src/files/raw-name.ts';
import { takeSnapshot } from '../src/snapshots/take-snapshot.ts';
import { canMount, mount } from '../testing/mount.ts';

const MIB = 1024 * 1024;
const hasXfs = canMount() && spawnSync('mkfs.xfs', ['-V']).status === 0 && canLoop();

/** Whether a file with a file system can be mounted here. */
function canLoop(): boolean {
  const base = mkdtempSync(join(tmpdir(), 'quarry-xfs-'));
  try {
    using _disk = mountXfs(base);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function mountXfs(base: string): Disposable {
  const image = join(base, 'disk.img');
  execFileSync('truncate', ['-s', '512M', image]);
  execFileSync('mkfs.xfs', ['-q', '-m', 'reflink=1', image]);
  mkdirSync(join(base, 'disk'));
  return mount('-o', 'loop', image, join(base, 'disk'));
}

// Skipped where XFS cannot be made and mounted: that takes xfsprogs, root, and a kernel with it.
test.skipIf(!hasXfs)(
  'files are cloned first: they take no space beside the archive, and permissions stay',
  async () => {
    const base = mkdtempSync(join(tmpdir(), 'quarry-xfs-'));
    try {
      using _disk = mountXfs(base);
      const root = join(base, 'disk');
      const work = join(root, 'home', 'work');
      mkdirSync(work, { recursive: true });
      for (let number = 0; number < 8; number += 1) {
        writeFileSync(join(work, `field-${number}`), Buffer.alloc(12 * MIB, String(number)));
      }
      writeFileSync(join(work, 'tool'), '#!/bin/sh', { mode: 0o755 });
      execFileSync('sync', ['-f', root]);
      const used = () => {
        const { blocks, bfree, bsize } = statfsSync(root);
        return (blocks - bfree) * bsize;
      };
      const before = used();
      // Writes to one of them all the while.
      const writer = spawn('python3', [
        '-c',
        `import sys
while True:
    with open(sys.argv[1], 'r+b') as file:
        file.write(b'x' * ${MIB})`,
        join(work, 'field-0'),
      ]);
      let taken: ReturnType<typeof takeSnapshot>;
      try {
        taken = takeSnapshot({
          root,
          names: ['home', 'work'].map(rawOf),
          archive: join(root, 'snapshot.tar'),
          clones: join(root, 'clones'),
          globs: null,
          limits: { entries: 1000, fileBytes: 2 ** 40, spareBytes: 0 },
        });
      } finally {
        writer.kill('SIGKILL');
        await once(writer, 'exit');
      }
      expect(taken).toMatchObject({ isCloned: true, fileCount: 9, skippedCount: 0 });
      expect(readdirSync(join(root, 'clones'))).toHaveLength(9);
      execFileSync('sync', ['-f', root]);
      // What was overwritten since is no longer shared, and the archive has its own bytes.
      expect(used() - before).toBeLessThan(taken.sizeBytes + 40 * MIB);
      const unpacked = join(root, 'unpacked');
      mkdirSync(unpacked);
      rmSync(join(root, 'clones'), { recursive: true });
      rmSync(work, { recursive: true });
      execFileSync('tar', ['-xpf', join(root, 'snapshot.tar'), '-C', unpacked]);
      expect(readFileSync(join(unpacked, 'field-7')).equals(Buffer.alloc(12 * MIB, '7'))).toBe(true);
      expect(execFileSync('stat', ['-c', '%a', join(unpacked, 'tool')], { encoding: 'utf8' }).trim()).toBe(
        '755',
      );
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  },
);
