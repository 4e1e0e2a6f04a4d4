import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes that this user may still write in the file system of a directory. */
export async function freeBytesAt(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** The nearest directory above a path that is there, and the file system that it is on. */
export async function fileSystemOf(path: string): Promise<{ directory: string; device: number }> {
  const directory = dirname(path);
  const facts = await stat(directory).catch(() => null);
  if (facts !== null || directory === path) {
    return { directory, device: facts?.dev ?? 0 };
  }
  return fileSystemOf(directory);
}
