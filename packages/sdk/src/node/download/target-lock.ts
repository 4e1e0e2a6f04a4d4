/**
 * One transfer per target. The lock is SQLite's, on an empty file beside the target: the kernel drops it with the
 * process, however that ends, it holds between containers that share a directory, and Node has no other file lock. Where
 * SQLite cannot be had, `holder-lock.ts`.
 */
import { constants } from 'node:fs';
import { open, stat, unlink } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import { LocalFileError } from '../../errors.ts';
import { locally } from '../local-file-error.ts';
import { isHeld, takeHolderLock } from './holder-lock.ts';

/** Result codes of SQLite that mean that another connection holds the lock. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
/** The longest path that SQLite opens is a little longer. */
const SQLITE_PATH_BYTES = 500;
const ATTEMPTS = 20;

export interface TargetLock {
  release(): Promise<void>;
}

/**
 * Locks `path` by the file `lockPath`. `LocalFileError` `busy` when another transfer has it. Where the file system
 * knows no locks, as some network file systems, two processes are not told apart: then only this process is.
 */
export async function lockTarget(path: string, lockPath: string): Promise<TargetLock> {
  if (held.has(lockPath)) {
    throw busy(path);
  }
  held.add(lockPath);
  try {
    const unlock = await lock(path, lockPath);
    return {
      release: async () => {
        await unlock();
        held.delete(lockPath);
      },
    };
  } catch (error) {
    held.delete(lockPath);
    throw error;
  }
}

async function lock(path: string, lockPath: string): Promise<() => Promise<void> | void> {
  const sqlite = Buffer.byteLength(resolve(lockPath)) > SQLITE_PATH_BYTES ? null : await openSqlite();
  if (sqlite === null) {
    const unlock = await takeHolderLock(path, lockPath);
    if (unlock === null) {
      throw busy(path);
    }
    return unlock;
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const handle = await locally(path, open(lockPath, flags, 0o666));
    const { ino, size } = await handle.stat();
    const holder = size === 0 ? null : await handle.readFile('utf8');
    await handle.close();
    if (holder !== null) {
      // A process with another Node has it, or has left it.
      if (isHeld(holder, lockPath)) {
        throw busy(path);
      }
      await unlink(lockPath).catch(() => {});
      continue;
    }
    const database = new sqlite.DatabaseSync(lockPath, { timeout: 0 });
    try {
      // With its journal in memory the file stays empty and alone.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      const code = (error as { errcode?: number }).errcode;
      if (code === SQLITE_BUSY || code === SQLITE_LOCKED) {
        throw busy(path);
      }
      return () => leave(lockPath, () => {});
    }
    // Who had it before may have removed the file between our opening and our locking it.
    const now = await stat(lockPath).catch(() => null);
    if (now?.ino === ino) {
      return () => leave(lockPath, () => database.close());
    }
    database.close();
  }
  throw busy(path);
}

/** Null where this Node has none. */
async function openSqlite(): Promise<typeof import('node:sqlite') | null> {
  return isBuiltin('node:sqlite') ? await import('node:sqlite') : null;
}

/** Locks of this process. */
const held = new Set<string>();

async function leave(lockPath: string, unlock: () => void): Promise<void> {
  // Removed while it is held, so that nobody's new lock is: only Windows wants it the other way round.
  const isRemoved = await unlink(lockPath).then(
    () => true,
    () => false,
  );
  unlock();
  if (!isRemoved) {
    await unlink(lockPath).catch(() => {});
  }
}

function busy(path: string): LocalFileError {
  return new LocalFileError('busy', `Another transfer writes ${path} right now.`, {
    hint: 'Wait until it has ended, or choose another name.',
  });
}
