/**
 * A pack: the bytes of many small blobs one after the other, each behind a line `<sha512> <bytes>`. One wait for the
 * disk makes them all durable. A record that does not have its digest was never flushed, and neither were those behind it.
 */
import { hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type BlobStat, isSha512 } from '../../storage.ts';

/** A blob whose bytes are in memory. */
export interface BlobInMemory extends BlobStat {
  chunks: readonly Uint8Array[];
}

/** So many buffers go to the kernel in one call; it takes no more than 1,024. */
const BUFFERS_AT_ONCE = 512;
/** A digest, a blank, the digits of the largest safe integer and a line feed. */
const MAX_LINE_BYTES = 146;

/** Writes a pack and flushes it; its name is durable when its directory has been synced too. */
export async function writePack(path: string, blobs: readonly BlobInMemory[]): Promise<number> {
  const buffers = blobs.flatMap(({ sha512, sizeBytes, chunks }) => [
    Buffer.from(`${sha512} ${sizeBytes}\n`),
    ...chunks,
  ]);
  let packBytes = 0;
  await using handle = await open(path, 'wx', 0o600);
  for (let from = 0; from < buffers.length; from += BUFFERS_AT_ONCE) {
    const some = buffers.slice(from, from + BUFFERS_AT_ONCE);
    const wanted = some.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const { bytesWritten } = await handle.writev(some);
    // A disk that becomes full takes part of it, and says why only when asked for the rest.
    if (bytesWritten < wanted) {
      await handle.writeFile(Buffer.concat(some).subarray(bytesWritten));
    }
    packBytes += wanted;
  }
  await handle.datasync();
  return packBytes;
}

/** The blobs of a pack as far as it was flushed. */
export async function* readPack(path: string): AsyncGenerator<BlobInMemory> {
  await using handle = await open(path, 'r');
  const line = Buffer.alloc(MAX_LINE_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(line, 0, line.byteLength, position);
    const end = line.subarray(0, bytesRead).indexOf('\n');
    const [sha512 = '', digits = ''] = line.toString('latin1', 0, Math.max(0, end)).split(' ');
    if (!isSha512(sha512) || !/^\d{1,15}$/.test(digits)) {
      return;
    }
    position += end + 1;
    const { size } = await handle.stat();
    const sizeBytes = Number(digits);
    if (sizeBytes > size - position) {
      return;
    }
    const bytes = Buffer.alloc(sizeBytes);
    if (sizeBytes > 0) {
      await handle.read(bytes, 0, sizeBytes, position);
    }
    if (hash('sha512', bytes) !== sha512) {
      return;
    }
    yield { sha512, sizeBytes, chunks: [bytes] };
    position += sizeBytes;
  }
}
