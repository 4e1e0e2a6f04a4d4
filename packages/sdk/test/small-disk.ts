import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A small file system of its own, which can be made read-only; null where this user may not mount one. */
export async function mountSmallDisk(mib: number) {
  const path = await mkdtemp(join(tmpdir(), 'quarry-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', path]);
  } catch {
    await rm(path, { recursive: true });
    return null;
  }
  return {
    path,
    async makeReadOnly() {
      await run('mount', ['-o', 'remount,ro', path]);
    },
    async [Symbol.asyncDispose]() {
      await run('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

const trial = await mountSmallDisk(1);
/** Whether `mountSmallDisk` can do that here. */
export const mayMount = trial !== null;
await trial?.[Symbol.asyncDispose]();
if (!mayMount) {
  console.warn('Tests of small disks are skipped: only root may mount one.');
}
