import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { HASH_BUFFER_BYTES } from '../limits.ts';
import type { HashMeter } from './hash-meter.ts';

let buffer: Buffer | undefined;

/**
 * SHA-512 in hex of the first bytes of an open file. Null when it has fewer; more are not read, since whoever goes on
 * writing is not waited for. Throws when the meter was aborted.
 */
export function hashFile(fd: number, sizeBytes: number, meter: HashMeter): string | null {
  buffer ??= Buffer.allocUnsafeSlow(HASH_BUFFER_BYTES);
  const hash = createHash('sha512');
  for (let position = 0; position < sizeBytes; ) {
    if (meter.isAborted) {
      throw new Error('it was not read to its end');
    }
    const read = readSync(fd, buffer, 0, Math.min(buffer.length, sizeBytes - position), position);
    if (read === 0) {
      return null;
    }
    hash.update(buffer.subarray(0, read));
    position += read;
    meter.bytes = position;
  }
  return hash.digest('hex');
}
