import { closeSync, fsync } from 'node:fs';
import { promisify } from 'node:util';
import { openAgain } from '@quarry/agent/files/door';

const sync = promisify(fsync);

/** Makes names in a directory that is open survive a power cut. */
export async function flush(directory: number): Promise<void> {
  const fd = openAgain(directory);
  try {
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}
