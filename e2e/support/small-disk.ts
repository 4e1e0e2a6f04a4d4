import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SmallDisk extends AsyncDisposable {
  path: string;
  /** From now on nothing can be written to it. */
  makeReadOnly(): Promise<void>;
}

/** A small file system of its own; null where this user may not mount one. */
export async function mountSmallDisk(mib: number): Promise<SmallDisk | null> {
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

/** Whether this user may mount a file system. */
export async function mayMount(): Promise<boolean> {
  const trial = await mountSmallDisk(1);
  await trial?.[Symbol.asyncDispose]();
  return trial !== null;
}
