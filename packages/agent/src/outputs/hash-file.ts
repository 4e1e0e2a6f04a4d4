import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsync, openSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { HASH_BUFFER_BYTES } from '../limits.ts';

const flush = promisify(fsync);
let buffer: Buffer | undefined;

/** SHA-512 in hex and size of a regular file, read once and flushed to the disk; a link in its place is refused. */
export async function hashFile(path: string): Promise<{ sha512: string; sizeBytes: number }> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) {
      throw new Error('It is no longer a regular file');
    }
    const digest = digestOf(fd);
    await flush(fd);
    return digest;
  } finally {
    closeSync(fd);
  }
}

function digestOf(fd: number): { sha512: string; sizeBytes: number } {
  buffer ??= Buffer.allocUnsafeSlow(HASH_BUFFER_BYTES);
  const hash = createHash('sha512');
  let sizeBytes = 0;
  for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) {
    hash.update(buffer.subarray(0, read));
    sizeBytes += read;
  }
  return { sha512: hash.digest('hex'), sizeBytes };
}
