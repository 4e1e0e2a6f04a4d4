/**
 * A lock that is a file with its holder's name in it, for where the kernel's cannot be had: Node before 22.13 has no SQLite,
 * and SQLite opens no path of more than 512 bytes. What a holder has left that is dead is taken over.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { locally } from '../local-file-error.ts';

const ATTEMPTS = 20;

/** Answers what gives the lock back; null when another process holds it, or one of another host may. */
export async function takeHolderLock(path: string, lockPath: string): Promise<(() => Promise<void>) | null> {
  const own = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid), host: hostname() });
  // The name comes with its content at once: nobody reads half a holder. A short name fits wherever the target's does.
  const fresh = join(dirname(lockPath), `.quarry-${randomUUID()}`);
  await locally(path, writeFile(fresh, own, { flag: 'wx' }));
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const isOurs = await link(fresh, lockPath).then(
        () => true,
        (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? false : null),
      );
      if (isOurs === null) {
        // A file system without links, as of USB sticks: two processes are not told apart there.
        return async () => {};
      }
      if (isOurs) {
        return () => removeIfHolds(lockPath, own);
      }
      const holder = await readFile(lockPath, 'utf8').catch(() => null);
      if (holder !== null && isHeld(holder, lockPath)) {
        return null;
      }
      if (holder !== null) {
        await takeAway(lockPath, holder);
      }
    }
    return null;
  } finally {
    await unlink(fresh);
  }
}

/** Whether what stands in a lock file names somebody who lives. An empty one is a lock of SQLite: the kernel knows its holder. */
export function isHeld(holder: string, lockPath: string): boolean {
  if (holder === '') {
    return isLockedByKernel(lockPath);
  }
  try {
    const { pid, startedAt, host } = JSON.parse(holder) as {
      pid: number;
      startedAt: string | null;
      host: string;
    };
    if (host !== hostname()) {
      return true;
    }
    process.kill(pid, 0);
    return startedAt === startOf(pid);
  } catch (error) {
    // Of another user: it lives.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only Linux tells who else holds a lock. */
function isLockedByKernel(lockPath: string): boolean {
  try {
    const { ino } = statSync(lockPath);
    return readFileSync('/proc/locks', 'latin1').includes(`:${ino} `);
  } catch {
    return false;
  }
}

/** Removes the lock of a dead holder, and puts back what another one has put there meanwhile. */
async function takeAway(lockPath: string, holder: string): Promise<void> {
  const aside = join(dirname(lockPath), `.quarry-${randomUUID()}`);
  try {
    await rename(lockPath, aside);
  } catch {
    // Somebody else took it away.
    return;
  }
  if ((await readFile(aside, 'utf8')) !== holder) {
    await link(aside, lockPath).catch(() => {});
  }
  await unlink(aside);
}

async function removeIfHolds(lockPath: string, own: string): Promise<void> {
  if ((await readFile(lockPath, 'utf8').catch(() => null)) === own) {
    await unlink(lockPath).catch(() => {});
  }
}

/** Tells a process from a later one with its number; null where the system does not say. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may hold anything; the start is the twentieth field behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
