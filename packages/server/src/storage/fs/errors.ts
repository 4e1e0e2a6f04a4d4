import { StorageError, StorageFullError } from '../storage.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** An error of the file system in the store's own words, the original kept as the cause; others pass unchanged. */
export function asStorageError(error: unknown, doing: string): unknown {
  const code = systemCode(error);
  if (code === undefined) {
    return error;
  }
  if (FULL.has(code)) {
    return new StorageFullError(`The disk of the file store is full (${code} while ${doing}).`, {
      cause: error,
    });
  }
  return new StorageError(`The file store failed with ${code} while ${doing}.`, { cause: error });
}

/** `ENOENT`, `EXDEV` and the like of an error raised by a system call; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) {
    return undefined;
  }
  return typeof error.code === 'string' ? error.code : undefined;
}
